//===- manifest.h - What an artifact says about itself --------------------===//

#ifndef CVT_COMPILER_DRIVER_MANIFEST_H
#define CVT_COMPILER_DRIVER_MANIFEST_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cvt {

/// What the IR does not hold but the runtime's users want to know.
struct ModelFacts {
  std::string architecture;
  /// In the MLPs, by the dialect's name.
  std::string activation;
  /// Lower-case hex: identifies config, weights and activation.
  std::string sourceSha256;
  /// The config, all keys.
  llvm::json::Value config = nullptr;
  std::vector<std::string> labels;
  std::optional<std::string> problemType;
  /// The image processor's settings, or null if the model takes tensors only.
  llvm::json::Value imageProcessor = nullptr;
  int64_t maxBatch = 0;
  /// As on the command line.
  std::string precision;
  /// (B, C, H, W), -1 for the batch.
  std::vector<int64_t> inputShape;
};

/// The manifest, as the runtime reads it, of a module after the memory phase.
llvm::json::Object buildManifest(mlir::ModuleOp planned,
                                 const ModelFacts &facts,
                                 int64_t scratchBytesPerThread);

/// "cvtc 0.1.0, LLVM 22.1.8, Halide 21.0.0".
std::string compilerVersion();

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_MANIFEST_H
