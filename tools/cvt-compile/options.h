//===- options.h - The command line of cvt-compile ------------------------===//

#ifndef CVT_TOOLS_CVT_COMPILE_OPTIONS_H
#define CVT_TOOLS_CVT_COMPILE_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cvt {

enum class Emit { Artifact, Mlir, Llvm, Obj, Safetensors };

/// --image-size=N (a square, for pictures too) or HxW (tensors only).
struct ImageSizeOption {
  int64_t height;
  int64_t width;
  bool takesImages;
};

/// A checked command line: names are known ones, numbers are in range.
struct CompileOptions {
  std::string model;
  std::string output;
  /// File of weights, its index, or the folder of one; empty: the model
  /// folder.
  std::string weights;
  /// Whether tensors that the weights lack are drawn at random.
  bool initMissing = false;
  /// Whether tensors of another shape than the config's are drawn at random.
  bool ignoreMismatchedSizes = false;
  std::optional<uint64_t> randomSeed;
  std::optional<ImageSizeOption> imageSize;
  int64_t maxBatch = 8;
  /// "gelu" or "quick_gelu"; empty: what the weights were trained with.
  std::string activation;
  /// "f32", "bf16" or "int8".
  std::string precision = "f32";
  /// As given; empty: what the architecture returns.
  std::vector<std::string> outputs;
  /// Resolved: "native" is replaced by what it stands for.
  std::vector<std::string> targets;
  std::string stopAfter;
  /// Phase names, or "all".
  std::vector<std::string> printIrAfter;
  std::string saveIr;
  Emit emit = Emit::Artifact;
  unsigned threads = 1;
  /// Where compiled kernels are kept; nothing: nowhere.  May be empty, if the
  /// user has no folder for such things.
  std::optional<std::string> cacheDir;
  /// Compare with f32 on "random" inputs or the pictures of this folder; empty:
  /// do not.  Goes with artifacts in other precisions only.
  std::string verify;
  bool verbose = false;
};

/// Parses the command line.  Returns nothing when the program is to end at
/// once, with `exitCode`: after --help and --version, or a wrong usage that was
/// reported on standard error.
std::optional<CompileOptions> parseOptions(int argc, char **argv,
                                           int &exitCode);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_OPTIONS_H
