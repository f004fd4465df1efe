//===- classify.cpp - Pictures to predictions, or to pixel_values ---------===//
//
// Pictures are prepared and run in batches; output follows the order of the
// arguments.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/commands.h"
#include "tools/cvt-run/failure.h"
#include "tools/cvt-run/pictures.h"
#include "tools/cvt-run/scores.h"
#include "tools/npy/npy.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace cvt::run {

using Json = nlohmann::ordered_json;

static void printJson(const Json &json) {
  // Names of files need not be UTF-8.
  std::puts(json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

static void reportFailed(const Picture &picture, bool json) {
  if (json)
    printJson({{"image", picture.name}, {"error", picture.error}});
  else
    std::fprintf(stderr, "cvt-run: %s: %s\n", picture.name.c_str(),
                 picture.error.c_str());
}

//===----------------------------------------------------------------------===//
// Predictions
//===----------------------------------------------------------------------===//

namespace {
/// Prints the classes of a picture.
class Printer {
public:
  Printer(const Model &model, const Options &options)
      : info(model.info()), options(options) {}

  void print(const Picture &picture, std::span<const float> logits) const {
    const std::vector<Prediction> predictions =
        rank(logits, info.problem_type, options.topK);
    if (options.json)
      return printAsJson(picture, predictions);
    std::printf("%s\n", picture.name.c_str());
    for (const Prediction &prediction : predictions)
      std::printf("  %7.3f %%  %s\n", 100 * prediction.score,
                  label(prediction.index).c_str());
  }

private:
  void printAsJson(const Picture &picture,
                   const std::vector<Prediction> &predictions) const {
    Json list = Json::array();
    for (const Prediction &prediction : predictions)
      list.push_back({{"label", label(prediction.index)},
                      {"index", prediction.index},
                      {"score", prediction.score}});
    printJson({{"image", picture.name}, {"predictions", std::move(list)}});
  }

  std::string label(size_t index) const {
    return index < info.label_count ? info.labels[index]
                                    : "LABEL_" + std::to_string(index);
  }

  const cvt_model_info &info;
  const Options &options;
};
} // namespace

/// The index of the output to classify with.
static size_t findLogits(const Model &model, const Options &options) {
  const cvt_model_info &info = model.info();
  for (size_t i = 0; i < info.output_count; ++i)
    if (std::strcmp(info.outputs[i].name, "logits") == 0 &&
        info.outputs[i].rank == 2)
      return i;
  throw Failure(BadInput, options.model +
                              ": this model was compiled without logits to "
                              "classify with; use --save-pixel-values and "
                              "--input");
}

int classify(const Model &model, const Options &options) {
  std::vector<Picture> pictures = listPictures(options.pictures);
  const size_t limit =
      std::min<size_t>(model.info().max_batch, pictures.size());
  const size_t batch = model.batch(options, limit);
  const size_t logits = findLogits(model, options);
  const uint64_t classes =
      Model::elementsPerImage(model.info().outputs[logits]);
  PictureLoader loader(model, options);
  Session session(model, options.threads, batch);
  const Printer printer(model, options);

  size_t failed = 0;
  for (size_t first = 0; first < pictures.size(); first += batch) {
    std::span<Picture> group(pictures);
    group = group.subspan(first, std::min(batch, pictures.size() - first));
    loader.load(group);
    const auto good =
        std::count_if(group.begin(), group.end(), [](const Picture &picture) {
          return picture.error.empty();
        });
    if (good != 0)
      session.run(loader.pixels(), good);
    failed += group.size() - good;
    std::span row(session.output(logits), classes);
    for (const Picture &picture : group) {
      if (picture.error.empty()) {
        printer.print(picture, row);
        row = std::span(row.data() + classes, classes);
      } else {
        reportFailed(picture, options.json);
      }
    }
  }
  return exitCodeForPictures(failed, pictures.size());
}

//===----------------------------------------------------------------------===//
// Pixel values
//===----------------------------------------------------------------------===//

int savePixelValues(const Model &model, const Options &options) {
  std::vector<Picture> pictures = listPictures(options.pictures);
  std::error_code ignored;
  for (const Picture &picture : pictures)
    if (std::filesystem::equivalent(picture.name, options.pixelValues, ignored))
      throw Failure(WrongUsage, "--save-pixel-values=" + options.pixelValues +
                                    ": is one of the pictures");
  PictureLoader loader(model, options);
  npy::Writer writer(options.pixelValues, Model::rowShape(model.info().input));
  const size_t batch = model.batch(options, model.info().max_batch);
  size_t failed = 0;
  for (size_t first = 0; first < pictures.size(); first += batch) {
    std::span<Picture> group(pictures);
    group = group.subspan(first, std::min(batch, pictures.size() - first));
    loader.load(group);
    size_t good = 0;
    for (const Picture &picture : group) {
      good += picture.error.empty();
      if (!picture.error.empty())
        reportFailed(picture, options.json);
    }
    writer.append(loader.pixels(), good);
    failed += group.size() - good;
  }
  if (failed < pictures.size())
    writer.finish();
  return exitCodeForPictures(failed, pictures.size());
}

} // namespace cvt::run
