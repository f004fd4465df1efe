//===- processor_config.h - What preprocessor_config.json says ------------===//
//
// How pictures become pixel values: the settings of Hugging Face's
// ConvNextImageProcessor, checked, with that class's defaults for what the
// file leaves out.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_PROCESSOR_CONFIG_H
#define CVT_FRONTEND_PROCESSOR_CONFIG_H

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// What the runtime resizes pictures to at most: an artifact that says more is
/// refused.
inline constexpr int64_t kMaxPictureSize = 8192;

struct ProcessorConfig {
  bool doResize = true;
  /// Height and width of the result in pixels (`shortest_edge`), at most
  /// kMaxPictureSize.
  int64_t size = 384;
  double cropPct = 224.0 / 256.0;
  /// Pillow's number: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box,
  /// 5 hamming.
  int64_t resample = 2;
  bool doRescale = true;
  double rescaleFactor = 1.0 / 255.0;
  bool doNormalize = true;
  std::array<double, 3> imageMean = {0.5, 0.5, 0.5};
  /// Never 0.
  std::array<double, 3> imageStd = {0.5, 0.5, 0.5};
};

/// Reads and checks `path`, for a model with three input channels.  Returns
/// nothing and sets `error` to one sentence that names the file, the key, the
/// value and what is allowed.
std::optional<ProcessorConfig>
readProcessorConfig(const std::filesystem::path &path, std::string &error);

/// The same for a file's content; `name` stands for the file in errors.
std::optional<ProcessorConfig> parseProcessorConfig(std::string_view text,
                                                    std::string_view name,
                                                    std::string &error);

/// Replaces the size, as --image-size=N does, and checks it against the crop.
bool setProcessorSize(ProcessorConfig &config, int64_t size,
                      std::string &error);

/// The manifest's `image_processor` object.
nlohmann::ordered_json toJson(const ProcessorConfig &config);

} // namespace cvt

#endif // CVT_FRONTEND_PROCESSOR_CONFIG_H
