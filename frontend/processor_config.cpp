//===- processor_config.cpp - What preprocessor_config.json says ----------===//
//
// Keys, defaults and forms of values are those of transformers'
// ConvNextImageProcessor; `null` means the default where that class says so,
// and for a step that it is switched off.  Values that only such a step uses
// are not read.
//
//===----------------------------------------------------------------------===//

#include "frontend/processor_config.h"

#include "frontend/config.h"
#include "frontend/json_reader.h"

using nlohmann::json;

namespace cvt {

/// From this size on pictures are warped to the size, not cropped.
static constexpr int64_t kWarpSize = 384;
static constexpr double kMaxFactor = 1e6;

/// Other processors compute other pixel values.
static void checkType(ObjectReader &reader) {
  for (const char *key : {"image_processor_type", "feature_extractor_type"}) {
    const json *type = reader.find(key);
    if (type && *type != "ConvNextImageProcessor" &&
        *type != "ConvNextImageProcessorFast" &&
        *type != "ConvNextFeatureExtractor")
      reader.fail(key, describe(*type),
                  "\"ConvNextImageProcessor\", \"ConvNextImageProcessorFast\" "
                  "or \"ConvNextFeatureExtractor\"");
  }
}

static bool readStep(ObjectReader &reader, const char *key, bool fallback) {
  const json *value = reader.find(key, /*nullIsMissing=*/false);
  return !(value && value->is_null()) && reader.boolean(key, fallback);
}

/// The size also says what a model is compiled for, so it is read without a
/// resize, too.
static int64_t readSize(ObjectReader &reader, int64_t fallback) {
  const json *size = reader.find("size");
  if (!size)
    return fallback;
  constexpr Limits<int64_t> limits{1, kMaxPictureSize};
  if (!size->is_object())
    return reader.integer("size", fallback, limits);
  bool known = size->contains("shortest_edge");
  for (const auto &[key, value] : size->items())
    known = known && (key == "shortest_edge" || key == "longest_edge");
  if (!known) {
    reader.fail("size", "an object with other keys",
                "a whole number or an object with \"shortest_edge\"");
    return fallback;
  }
  ObjectReader edges(*size, "");
  int64_t edge = edges.integer("shortest_edge", fallback, limits);
  if (!edges.error().empty())
    reader.fail("size.shortest_edge", describe((*size)["shortest_edge"]),
                "a whole number from 1 to " + std::to_string(kMaxPictureSize));
  return edge;
}

/// One number for each channel, or one for all of them, also as a list: that is
/// what grey pictures have.
static std::array<double, 3> readChannels(ObjectReader &reader, const char *key,
                                          std::array<double, 3> fallback) {
  const json *value = reader.find(key);
  if (!value)
    return fallback;
  constexpr Limits<double> limits{-kMaxFactor, kMaxFactor};
  size_t count = value->is_array() ? value->size() : 1;
  if (!(value->is_array() || value->is_number()) ||
      (count != 1 && count != 3)) {
    reader.fail(key, describe(*value), "a number or a list of 3 numbers");
    return fallback;
  }
  std::vector<double> numbers =
      value->is_array() ? reader.numbers(key, {}, count, limits)
                        : std::vector{reader.number(key, 0, limits)};
  return {numbers[0], numbers[count / 2], numbers[count - 1]};
}

static std::array<double, 3> readDeviations(ObjectReader &reader,
                                            std::array<double, 3> fallback) {
  std::array<double, 3> values = readChannels(reader, "image_std", fallback);
  for (double value : values)
    // Divided by in float.
    if (static_cast<float>(value) == 0.0f)
      reader.fail("image_std", "0 in a channel", "a divisor for each channel");
  return values;
}

/// Why pictures cannot be resized as the config says, or empty.
static std::string cropProblem(const ProcessorConfig &config) {
  if (!config.doResize || config.size >= kWarpSize)
    return "";
  double edge = static_cast<double>(config.size) / config.cropPct;
  if (edge >= 1.0 && edge <= static_cast<double>(kMaxImageSize))
    return "";
  return "crop_pct is " + formatNumber(config.cropPct) + "; with size " +
         std::to_string(config.size) + " it must make pictures of 1 to " +
         std::to_string(kMaxImageSize) + " pixels before the crop";
}

std::optional<ProcessorConfig> parseProcessorConfig(std::string_view text,
                                                    std::string_view name,
                                                    std::string &error) {
  std::optional<json> object = parseJsonObject(text, name, error);
  if (!object)
    return std::nullopt;
  ObjectReader reader(*object, name);
  ProcessorConfig config;
  checkType(reader);
  config.doResize = readStep(reader, "do_resize", config.doResize);
  config.size = readSize(reader, config.size);
  if (config.doResize) {
    if (reader.find("crop_pct"))
      config.cropPct =
          reader.number("crop_pct", config.cropPct, {1e-6, kMaxFactor});
    config.resample = reader.integer("resample", config.resample, {0, 5});
  }
  config.doRescale = readStep(reader, "do_rescale", config.doRescale);
  if (config.doRescale)
    config.rescaleFactor = reader.number("rescale_factor", config.rescaleFactor,
                                         {-kMaxFactor, kMaxFactor});
  config.doNormalize = readStep(reader, "do_normalize", config.doNormalize);
  if (config.doNormalize) {
    config.imageMean = readChannels(reader, "image_mean", config.imageMean);
    config.imageStd = readDeviations(reader, config.imageStd);
  }
  error = reader.error();
  if (error.empty())
    if (std::string problem = cropProblem(config); !problem.empty())
      error = std::string(name) + ": " + problem;
  if (!error.empty())
    return std::nullopt;
  return config;
}

std::optional<ProcessorConfig>
readProcessorConfig(const std::filesystem::path &path, std::string &error) {
  std::optional<std::string> text = readTextFile(path, error);
  if (!text)
    return std::nullopt;
  return parseProcessorConfig(*text, path.string(), error);
}

bool setProcessorSize(ProcessorConfig &config, int64_t size,
                      std::string &error) {
  if (size < 1 || size > kMaxPictureSize) {
    error = "the image size is " + std::to_string(size) +
            "; it must be from 1 to " + std::to_string(kMaxPictureSize);
    return false;
  }
  ProcessorConfig changed = config;
  changed.size = size;
  error = cropProblem(changed);
  if (!error.empty())
    return false;
  config = changed;
  return true;
}

nlohmann::ordered_json toJson(const ProcessorConfig &config) {
  return {{"do_resize", config.doResize},
          {"size", config.size},
          {"crop_pct", config.cropPct},
          {"resample", config.resample},
          {"do_rescale", config.doRescale},
          {"rescale_factor", config.rescaleFactor},
          {"do_normalize", config.doNormalize},
          {"image_mean", config.imageMean},
          {"image_std", config.imageStd}};
}

} // namespace cvt
