//===- info.cpp - What a model is and needs -------------------------------===//
//
// The manifest, for people or as JSON.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/commands.h"
#include "tools/cvt-run/failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace cvt::run {

using Json = nlohmann::ordered_json;

static constexpr double mega = 1e6;
static constexpr size_t shownLabels = 5;

[[gnu::format(printf, 2, 3)]] static void printFact(const char *name,
                                                    const char *format, ...) {
  std::printf("%-10s ", name);
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
}

/// "logits (B, 10)".
static std::string describeTensor(const cvt_tensor_info &tensor) {
  std::string text = std::string(tensor.name) + " (B";
  for (int64_t extent : Model::rowShape(tensor))
    text += ", " + std::to_string(extent);
  return text + ")";
}

static void printLabels(const cvt_model_info &info) {
  std::string text = std::to_string(info.label_count);
  for (size_t i = 0; i < std::min(info.label_count, shownLabels); ++i)
    text += (i ? ", " : ": ") + std::string(info.labels[i]);
  if (info.label_count > shownLabels)
    text += ", ...";
  printFact("labels", "%s", text.c_str());
}

static std::string text(const Json &json, const char *key) {
  return json.at(key).get<std::string>();
}

static void printPictures(const Json &processor) {
  if (processor.is_null())
    return printFact("pictures", "no: takes pixel_values only");
  if (!processor.at("do_resize").get<bool>())
    return printFact("pictures", "of the input's size");
  printFact("pictures", "any, resized to %d", processor.at("size").get<int>());
}

static void printKernels(const cvt_model_info &info, const Json &targets) {
  auto isChosen = [&](const Json &target) {
    return target.at("name") == info.target;
  };
  const Json &kernels =
      std::find_if(targets.begin(), targets.end(), isChosen)->at("kernels");
  if (kernels.empty())
    return;
  std::printf("\n%6s %10s %10s  kernel\n", "calls", "MFLOP", "MB");
  for (const Json &kernel : kernels)
    std::printf("%6lld %10.3f %10.3f  %s\n",
                kernel.at("calls").get<long long>(),
                kernel.at("flops_per_image").get<double>() / mega,
                kernel.at("bytes_per_image").get<double>() / mega,
                text(kernel, "name").c_str());
}

static void printForPeople(const Model &model, const Json &manifest) {
  const cvt_model_info &info = model.info();
  const Json &facts = manifest.at("model");
  printFact("model", "%s, %s, %s", text(facts, "architecture").c_str(),
            text(facts, "activation").c_str(), info.precision);
  printFact("input", "%s, B from 1 to %lld", describeTensor(info.input).c_str(),
            static_cast<long long>(info.max_batch));
  for (size_t i = 0; i < info.output_count; ++i)
    printFact(i ? "" : "outputs", "%s",
              describeTensor(info.outputs[i]).c_str());
  printLabels(info);
  printPictures(manifest.at("image_processor"));
  printFact("work", "%.3f GFLOP an image",
            info.flops_per_image / (1000 * mega));
  printFact("memory", "%.3f MB weights, %.3f MB for each image at a time",
            info.weights_bytes / mega, info.arena_bytes_per_image / mega);
  std::string targets;
  for (const Json &target : manifest.at("targets"))
    targets += (targets.empty() ? "" : ", ") + text(target, "name");
  printFact("code", "for %s; this machine runs %s", targets.c_str(),
            info.target);
  printFact("compiler", "%s", text(manifest, "compiler").c_str());
  printFact("SHA-256", "%s code", text(manifest["sha256"], "code").c_str());
  printFact("", "%s weights", text(manifest["sha256"], "weights").c_str());
  printFact("", "%s source", text(facts, "source_sha256").c_str());
  printKernels(info, manifest.at("targets"));
}

int printInfo(const Model &model, const Options &options) {
  // The runtime has checked it.
  Json manifest = Json::parse(model.info().manifest_json);
  if (options.json) {
    manifest["target"] = model.info().target;
    manifest["weights_bytes"] = model.info().weights_bytes;
    std::puts(manifest.dump().c_str());
  } else {
    printForPeople(model, manifest);
  }
  return Done;
}

} // namespace cvt::run
