//===- config.h - What config.json says about a CvT model -----------------===//
//
// A CvtConfig that exists is legal: every value was checked when it was read,
// so its users need no checks of their own.  What depends on the image size
// is in shapes.h.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_CONFIG_H
#define CVT_FRONTEND_CONFIG_H

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cvt {

/// How q, k and v are made from the tokens before their linear layers.
enum class ProjectionMethod {
  DwBn,   ///< depthwise convolution and batch norm for q, k and v
  Avg,    ///< average pooling (ceil mode, padding counted) for k and v; q as is
  Linear, ///< q, k and v as they are
};

/// The class of transformers that a checkpoint was saved from.
enum class Architecture {
  ImageClassification, ///< CvtForImageClassification
  Model,               ///< CvtModel: no head, no "cvt." in tensor names
};

/// One stage.  Sizes are in pixels of the stage's input (patch*) or tokens of
/// its map (kernelQkv, stride*, padding*); all apply to both axes.
struct StageConfig {
  int64_t patchSize;
  int64_t patchStride;
  int64_t patchPadding;
  int64_t embedDim;
  int64_t numHeads;
  int64_t depth;
  double mlpRatio;
  bool qkvBias;
  bool clsToken;
  ProjectionMethod projectionMethod;
  int64_t kernelQkv;
  int64_t paddingKv;
  int64_t strideKv;
  int64_t paddingQ;
  int64_t strideQ;
  // These three do nothing at inference.
  double attentionDropRate;
  double dropRate;
  double dropPathRate;

  /// Width of the MLP's hidden layer: embedDim * mlpRatio, truncated.
  int64_t mlpHidden() const;
};

struct CvtConfig {
  /// The file it was read from, for messages.
  std::string file;

  int64_t numChannels = 3;
  /// At least one; embed_dim gives their number.  A stage may have no layers.
  std::vector<StageConfig> stages;
  double initializerRange = 0.02;
  /// Never read by the model: all its norms use 1e-5.
  double layerNormEps = 1e-12;

  Architecture architecture = Architecture::ImageClassification;
  /// One name for each class, "LABEL_i" where the file has none; may be empty.
  std::vector<std::string> labels;
  /// "regression", "single_label_classification",
  /// "multi_label_classification" or nothing.
  std::optional<std::string> problemType;
  /// Height and width in pixels: `image_size` as one number or as a pair.
  std::optional<std::pair<int64_t, int64_t>> imageSize;

  int64_t numLabels() const { return static_cast<int64_t>(labels.size()); }
  /// Whether the classifier reads the class token (else the mean of tokens).
  bool hasClassToken() const { return stages.back().clsToken; }
  /// Input channels of stage `i`'s embedding.
  int64_t inputChannels(size_t i) const {
    return i == 0 ? numChannels : stages[i - 1].embedDim;
  }
};

/// The constant that every LayerNorm and BatchNorm of CvT adds.
inline constexpr double kNormEps = 1e-5;

/// Largest height or width of an input that is accepted.
inline constexpr int64_t kMaxImageSize = 32768;

/// Reads and checks `path`.  Returns nothing and sets `error` to one sentence
/// that names the file, the key, the value and what is allowed.  Keys that CvT
/// does not have are ignored; for a key given twice the last one counts.
std::optional<CvtConfig> readCvtConfig(const std::filesystem::path &path,
                                       std::string &error);

/// The same for a file's content; `name` stands for the file in errors.
std::optional<CvtConfig> parseCvtConfig(std::string_view text,
                                        std::string_view name,
                                        std::string &error);

/// Every key of CvtConfig with its value, named and typed as in config.json.
/// Parsing it again gives the same config.
nlohmann::json toJson(const CvtConfig &config);

} // namespace cvt

#endif // CVT_FRONTEND_CONFIG_H
