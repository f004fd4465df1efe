//===- model_builder.h - A config and its weights as a cvt module ---------===//
//
// Writes the model down as the paper draws it.  Nothing is optimised here, and
// every output that the model can give is a result of @forward.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_IMPORT_MODEL_BUILDER_H
#define CVT_FRONTEND_IMPORT_MODEL_BUILDER_H

#include "dialect/CvtDialect.h"
#include "frontend/checkpoint.h"
#include "frontend/config.h"
#include "frontend/shapes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cvt {

struct ImportOptions {
  /// Pixels of the model's input; must have passed validateForImageSize.
  int64_t height = 0;
  int64_t width = 0;
  /// Where the weights are, or null.  Tensors that it does not have are drawn
  /// as Hugging Face initialises them, from `seed`; the others must have passed
  /// matchTensors.
  const Checkpoint *checkpoint = nullptr;
  uint64_t seed = 0;
  /// Between the two linear layers of an MLP.
  Activation activation = Activation::Gelu;
};

/// Builds the module with @forward and one symbol for each weight.  The
/// dialects cvt and func must be loaded in `context`.  Results of @forward:
/// "logits" (classifiers only), "last_hidden_state", "cls_token_value" (with a
/// class token in the last stage only) and one "hidden_states_i" for each
/// stage, maps in (B, C, H, W).
mlir::OwningOpRef<mlir::ModuleOp> buildModel(mlir::MLIRContext &context,
                                             const CvtConfig &config,
                                             const ImportOptions &options);

/// The outputs that Hugging Face's class returns when nothing else is asked
/// for, by name.
std::vector<std::string> defaultOutputs(const CvtConfig &config);

} // namespace cvt

#endif // CVT_FRONTEND_IMPORT_MODEL_BUILDER_H
