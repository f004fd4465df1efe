//===- config.cpp - What config.json says about a CvT model ---------------===//
//
// Keys and defaults are those of transformers' CvtConfig, the constraints
// those of its model classes, and limits keep every size that follows from a
// config inside 64 bits.
//
//===----------------------------------------------------------------------===//

#include "frontend/config.h"

#include "frontend/json_reader.h"

#include <charconv>
#include <map>

using nlohmann::json;

namespace cvt {

// Far above any model that exists, and small enough that no product below can
// overflow before it is compared with its own limit.
static constexpr int64_t kMaxStages = 256;
static constexpr int64_t kMaxLayers = 4096;
static constexpr int64_t kMaxChannels = 65536;
static constexpr int64_t kMaxWindow = kMaxImageSize;
static constexpr int64_t kMaxLabels = 1'000'000;
static constexpr double kMaxMlpRatio = 1024;

/// Kernels index a tensor with 32 bits.
static constexpr double kMaxTensorElements = 2147483647.0;
static constexpr double kMaxParameters = 4294967296.0;

static constexpr const char *kLabelPrefix = "LABEL_";

int64_t StageConfig::mlpHidden() const {
  return static_cast<int64_t>(static_cast<double>(embedDim) * mlpRatio);
}

//===----------------------------------------------------------------------===//
// Keys that every config of transformers has
//===----------------------------------------------------------------------===//

static void checkModelType(ObjectReader &reader) {
  const json *value = reader.find("model_type");
  if (value && *value != "cvt")
    reader.fail("model_type", describe(*value), "\"cvt\"");
}

static Architecture readArchitecture(ObjectReader &reader) {
  const json *value = reader.find("architectures");
  if (!value)
    return Architecture::ImageClassification;
  constexpr const char *allowed = "a list of class names";
  if (!value->is_array()) {
    reader.fail("architectures", describe(*value), allowed);
    return Architecture::ImageClassification;
  }
  for (size_t i = 0; i != value->size(); ++i) {
    const json &name = (*value)[i];
    if (!name.is_string())
      reader.fail(indexed("architectures", i), describe(name), "a string");
    else if (name == "CvtForImageClassification" ||
             name == "TFCvtForImageClassification")
      return Architecture::ImageClassification;
    else if (name == "CvtModel" || name == "TFCvtModel")
      return Architecture::Model;
  }
  return Architecture::ImageClassification;
}

static bool hasZeroByte(const json &string) {
  return string.get_ref<const std::string &>().find('\0') != std::string::npos;
}

/// Names by class number; a class that the file gives no name has none here.
static std::map<int64_t, std::string> readLabelNames(ObjectReader &reader,
                                                     const json &id2label) {
  std::map<int64_t, std::string> names;
  for (const auto &[key, name] : id2label.items()) {
    int64_t id = 0;
    const char *end = key.data() + key.size();
    auto [stop, status] = std::from_chars(key.data(), end, id);
    std::string place = "id2label's key " + describe(json(key));
    std::string where = "id2label[" + describe(json(key)) + "]";
    if (status != std::errc() || stop != end)
      reader.fail(place, "no class number", "a whole number");
    else if (name.is_string() && hasZeroByte(name))
      // The C API hands out labels as C strings.
      reader.fail(where, describe(name), "a string without a NUL character");
    else if (name.is_string())
      names[id] = name.get<std::string>();
    else if (name.is_number())
      names[id] = name.dump();
    else if (name.is_null())
      names[id] = kLabelPrefix + std::to_string(id);
    else
      reader.fail(where, describe(name), "a string");
  }
  return names;
}

static std::vector<std::string> readLabels(ObjectReader &reader) {
  std::map<int64_t, std::string> names;
  int64_t count = 2;
  if (const json *id2label = reader.find("id2label")) {
    if (id2label->is_object())
      names = readLabelNames(reader, *id2label);
    else
      reader.fail("id2label", describe(*id2label),
                  "an object from class numbers to names");
    count = static_cast<int64_t>(names.size());
  } else if (reader.find("num_labels")) {
    count = reader.integer("num_labels", count, {0, kMaxLabels});
  }
  std::vector<std::string> labels(static_cast<size_t>(count));
  for (int64_t id = 0; id != count; ++id) {
    auto named = names.find(id);
    labels[static_cast<size_t>(id)] = named != names.end()
                                          ? named->second
                                          : kLabelPrefix + std::to_string(id);
  }
  return labels;
}

static std::optional<std::string> readProblemType(ObjectReader &reader) {
  const json *value = reader.find("problem_type");
  if (!value)
    return std::nullopt;
  for (const char *known : {"regression", "single_label_classification",
                            "multi_label_classification"})
    if (*value == known)
      return known;
  reader.fail("problem_type", describe(*value),
              "\"regression\", \"single_label_classification\" or "
              "\"multi_label_classification\"");
  return std::nullopt;
}

/// One number for a square, or [height, width].
static std::optional<std::pair<int64_t, int64_t>>
readImageSize(ObjectReader &reader) {
  const json *value = reader.find("image_size");
  if (!value)
    return std::nullopt;
  Limits<int64_t> limits{1, kMaxImageSize};
  if (!value->is_array()) {
    int64_t size = reader.integer("image_size", 1, limits);
    return std::pair(size, size);
  }
  if (value->size() != 2) {
    reader.fail("image_size", describe(*value),
                "one number, or a list of 2: height and width");
    return std::nullopt;
  }
  std::vector<int64_t> sizes = reader.integers("image_size", {1, 1}, 2, limits);
  return std::pair(sizes[0], sizes[1]);
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static std::string_view nameOf(ProjectionMethod method) {
  switch (method) {
  case ProjectionMethod::DwBn:
    return "dw_bn";
  case ProjectionMethod::Avg:
    return "avg";
  case ProjectionMethod::Linear:
    return "linear";
  }
  return "";
}

static std::vector<ProjectionMethod> readProjectionMethods(ObjectReader &reader,
                                                           size_t count) {
  constexpr const char *key = "qkv_projection_method";
  std::vector<std::string> names =
      reader.strings(key, {"dw_bn", "dw_bn", "dw_bn"}, count);
  std::vector<ProjectionMethod> methods(count, ProjectionMethod::DwBn);
  for (size_t i = 0; i != count; ++i) {
    bool known = false;
    for (ProjectionMethod method :
         {ProjectionMethod::DwBn, ProjectionMethod::Avg,
          ProjectionMethod::Linear})
      if (names[i] == nameOf(method)) {
        methods[i] = method;
        known = true;
      }
    if (!known)
      reader.fail(indexed(key, i), describe(json(names[i])),
                  "\"dw_bn\", \"avg\" or \"linear\"");
  }
  return methods;
}

/// The number of stages, or 0 after a failure.
static size_t countStages(ObjectReader &reader) {
  const json *value = reader.find("embed_dim", /*nullIsMissing=*/false);
  if (!value)
    return 3;
  if (value->is_array() && !value->empty() && value->size() <= kMaxStages)
    return value->size();
  reader.fail("embed_dim", describe(*value),
              "a list of 1 to " + std::to_string(kMaxStages) +
                  " whole numbers");
  return 0;
}

static std::vector<StageConfig> readStages(ObjectReader &reader) {
  size_t n = countStages(reader);
  constexpr Limits<int64_t> channels{1, kMaxChannels};
  constexpr Limits<int64_t> window{1, kMaxWindow};
  constexpr Limits<int64_t> padding{0, kMaxWindow};
  constexpr Limits<double> rate{0, 1};
  auto patchSize = reader.integers("patch_sizes", {7, 3, 3}, n, window);
  auto patchStride = reader.integers("patch_stride", {4, 2, 2}, n, window);
  auto patchPadding = reader.integers("patch_padding", {2, 1, 1}, n, padding);
  auto embedDim = reader.integers("embed_dim", {64, 192, 384}, n, channels);
  auto numHeads = reader.integers("num_heads", {1, 3, 6}, n, channels);
  auto depth = reader.integers("depth", {1, 2, 10}, n, {0, kMaxLayers});
  auto mlpRatio =
      reader.numbers("mlp_ratio", {4.0, 4.0, 4.0}, n, {0, kMaxMlpRatio});
  auto attentionDropRate =
      reader.numbers("attention_drop_rate", {0.0, 0.0, 0.0}, n, rate);
  auto dropRate = reader.numbers("drop_rate", {0.0, 0.0, 0.0}, n, rate);
  auto dropPathRate =
      reader.numbers("drop_path_rate", {0.0, 0.0, 0.1}, n, rate);
  auto qkvBias = reader.booleans("qkv_bias", {true, true, true}, n);
  auto clsToken = reader.booleans("cls_token", {false, false, true}, n);
  auto methods = readProjectionMethods(reader, n);
  auto kernelQkv = reader.integers("kernel_qkv", {3, 3, 3}, n, window);
  auto paddingKv = reader.integers("padding_kv", {1, 1, 1}, n, padding);
  auto strideKv = reader.integers("stride_kv", {2, 2, 2}, n, window);
  auto paddingQ = reader.integers("padding_q", {1, 1, 1}, n, padding);
  auto strideQ = reader.integers("stride_q", {1, 1, 1}, n, window);

  std::vector<StageConfig> stages(n);
  for (size_t i = 0; i != n; ++i)
    stages[i] = {.patchSize = patchSize[i],
                 .patchStride = patchStride[i],
                 .patchPadding = patchPadding[i],
                 .embedDim = embedDim[i],
                 .numHeads = numHeads[i],
                 .depth = depth[i],
                 .mlpRatio = mlpRatio[i],
                 .qkvBias = qkvBias[i],
                 .clsToken = clsToken[i],
                 .projectionMethod = methods[i],
                 .kernelQkv = kernelQkv[i],
                 .paddingKv = paddingKv[i],
                 .strideKv = strideKv[i],
                 .paddingQ = paddingQ[i],
                 .strideQ = strideQ[i],
                 .attentionDropRate = attentionDropRate[i],
                 .dropRate = dropRate[i],
                 .dropPathRate = dropPathRate[i]};
  return stages;
}

//===----------------------------------------------------------------------===//
// Constraints between keys
//===----------------------------------------------------------------------===//

/// Hugging Face's classifier looks at the last of the class tokens, also where
/// there are more than stages.
static void checkClassToken(ObjectReader &reader, const CvtConfig &config) {
  const json *value = reader.find("cls_token");
  if (!value || config.architecture != Architecture::ImageClassification)
    return;
  const json &last = value->back();
  // 0 and 1 count as booleans here too.
  if (last != config.hasClassToken() && last != int(config.hasClassToken()))
    reader.fail(indexed("cls_token", value->size() - 1), describe(last),
                "what the last of the " + std::to_string(config.stages.size()) +
                    " stages has, which is " +
                    describe(json(config.hasClassToken())));
}

static void checkStage(ObjectReader &reader, const CvtConfig &config,
                       size_t i) {
  const StageConfig &stage = config.stages[i];
  std::string dim = indexed("embed_dim", i);
  std::string dimIs = dim + " (" + std::to_string(stage.embedDim) + ")";
  if (stage.embedDim % stage.numHeads != 0)
    reader.fail(indexed("num_heads", i), std::to_string(stage.numHeads),
                "a divisor of " + dimIs);
  if (stage.mlpHidden() < 1)
    reader.fail(indexed("mlp_ratio", i), formatNumber(stage.mlpRatio),
                "large enough to give " + dimIs + " a hidden channel");
  int64_t lastDim = config.stages.back().embedDim;
  if (stage.clsToken && stage.embedDim != lastDim)
    reader.fail(dim, std::to_string(stage.embedDim),
                "the last embed_dim (" + std::to_string(lastDim) +
                    "), because " + indexed("cls_token", i) + " is true");
  // PyTorch's rule for pooling.
  if (stage.projectionMethod == ProjectionMethod::Avg &&
      stage.paddingKv > stage.kernelQkv / 2)
    reader.fail(indexed("padding_kv", i), std::to_string(stage.paddingKv),
                "at most half of " + indexed("kernel_qkv", i) + " (" +
                    std::to_string(stage.kernelQkv) + "), because " +
                    indexed("qkv_projection_method", i) + " is \"avg\"");
}

/// Limits the weights' sizes.  Doubles hold these products exactly up to the
/// limits and cannot overflow.
static void checkWeights(ObjectReader &reader, const CvtConfig &config) {
  double total = 0;
  auto add = [&](const std::string &keys, double elements, double copies) {
    if (elements > kMaxTensorElements)
      reader.fail("the weight that " + keys + " give",
                  "one of " + formatNumber(elements) + " numbers",
                  "one of at most " + formatNumber(kMaxTensorElements));
    total += elements * copies;
  };
  double layers = 0;
  for (size_t i = 0; i != config.stages.size(); ++i) {
    const StageConfig &stage = config.stages[i];
    double dim = static_cast<double>(stage.embedDim);
    double depth = static_cast<double>(stage.depth);
    double patch = static_cast<double>(stage.patchSize);
    double kernel = static_cast<double>(stage.kernelQkv);
    add(indexed("patch_sizes", i) + ", its input channels and " +
            indexed("embed_dim", i),
        patch * patch * static_cast<double>(config.inputChannels(i)) * dim, 1);
    if (stage.projectionMethod == ProjectionMethod::DwBn)
      add(indexed("kernel_qkv", i) + " and " + indexed("embed_dim", i),
          kernel * kernel * dim, 3 * depth);
    add(indexed("embed_dim", i), dim * dim, 4 * depth);
    add(indexed("embed_dim", i) + " and " + indexed("mlp_ratio", i),
        dim * static_cast<double>(stage.mlpHidden()), 2 * depth);
    layers += depth;
  }
  double lastDim = static_cast<double>(config.stages.back().embedDim);
  add("the number of labels and the last embed_dim",
      lastDim * static_cast<double>(config.numLabels()), 1);
  if (layers > kMaxLayers)
    reader.fail("the sum of depth", formatNumber(layers),
                "at most " + std::to_string(kMaxLayers));
  if (total > kMaxParameters)
    reader.fail("the number of parameters", formatNumber(total),
                "at most " + formatNumber(kMaxParameters));
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

std::optional<CvtConfig> parseCvtConfig(std::string_view text,
                                        std::string_view name,
                                        std::string &error) {
  std::optional<json> object = parseJsonObject(text, name, error);
  if (!object)
    return std::nullopt;
  ObjectReader reader(*object, name);
  CvtConfig config;
  config.file = name;
  checkModelType(reader);
  config.numChannels = reader.integer("num_channels", 3, {1, kMaxChannels});
  config.stages = readStages(reader);
  config.initializerRange = reader.number("initializer_range", 0.02, {0, 1e6});
  config.layerNormEps = reader.number("layer_norm_eps", 1e-12, {0, 1e6});
  config.architecture = readArchitecture(reader);
  config.labels = readLabels(reader);
  config.problemType = readProblemType(reader);
  config.imageSize = readImageSize(reader);
  if (reader.error().empty())
    checkClassToken(reader, config);
  if (reader.error().empty())
    for (size_t i = 0; i != config.stages.size(); ++i)
      checkStage(reader, config, i);
  if (reader.error().empty())
    checkWeights(reader, config);
  if (!reader.error().empty()) {
    error = reader.error();
    return std::nullopt;
  }
  return config;
}

std::optional<CvtConfig> readCvtConfig(const std::filesystem::path &path,
                                       std::string &error) {
  std::optional<std::string> text = readTextFile(path, error);
  if (!text)
    return std::nullopt;
  return parseCvtConfig(*text, path.string(), error);
}

nlohmann::json toJson(const CvtConfig &config) {
  auto list = [&](auto value) {
    json values = json::array();
    for (const StageConfig &stage : config.stages)
      values.push_back(value(stage));
    return values;
  };
  auto field = [&](auto member) {
    return list([=](const StageConfig &stage) { return stage.*member; });
  };
  json id2label = json::object();
  for (size_t i = 0; i != config.labels.size(); ++i)
    id2label[std::to_string(i)] = config.labels[i];
  json object = {
      {"model_type", "cvt"},
      {"architectures", json::array({config.architecture == Architecture::Model
                                         ? "CvtModel"
                                         : "CvtForImageClassification"})},
      {"num_channels", config.numChannels},
      {"patch_sizes", field(&StageConfig::patchSize)},
      {"patch_stride", field(&StageConfig::patchStride)},
      {"patch_padding", field(&StageConfig::patchPadding)},
      {"embed_dim", field(&StageConfig::embedDim)},
      {"num_heads", field(&StageConfig::numHeads)},
      {"depth", field(&StageConfig::depth)},
      {"mlp_ratio", field(&StageConfig::mlpRatio)},
      {"attention_drop_rate", field(&StageConfig::attentionDropRate)},
      {"drop_rate", field(&StageConfig::dropRate)},
      {"drop_path_rate", field(&StageConfig::dropPathRate)},
      {"qkv_bias", field(&StageConfig::qkvBias)},
      {"cls_token", field(&StageConfig::clsToken)},
      {"qkv_projection_method", list([](const StageConfig &stage) {
         return nameOf(stage.projectionMethod);
       })},
      {"kernel_qkv", field(&StageConfig::kernelQkv)},
      {"padding_kv", field(&StageConfig::paddingKv)},
      {"stride_kv", field(&StageConfig::strideKv)},
      {"padding_q", field(&StageConfig::paddingQ)},
      {"stride_q", field(&StageConfig::strideQ)},
      {"initializer_range", config.initializerRange},
      {"layer_norm_eps", config.layerNormEps},
      {"id2label", id2label},
      {"problem_type", nullptr},
      {"image_size", nullptr}};
  if (config.problemType)
    object["problem_type"] = *config.problemType;
  if (config.imageSize) {
    auto [height, width] = *config.imageSize;
    if (height == width)
      object["image_size"] = height;
    else
      object["image_size"] = {height, width};
  }
  return object;
}

} // namespace cvt
