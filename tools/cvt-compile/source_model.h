//===- source_model.h - A model folder, read and checked ------------------===//

#ifndef CVT_TOOLS_CVT_COMPILE_SOURCE_MODEL_H
#define CVT_TOOLS_CVT_COMPILE_SOURCE_MODEL_H

#include "compiler/driver/manifest.h"
#include "dialect/CvtDialect.h"
#include "frontend/checkpoint.h"
#include "frontend/config.h"
#include "frontend/processor_config.h"
#include "tools/cvt-compile/options.h"

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace cvt {

/// Everything that compilation takes from the user's files.
struct SourceModel {
  CvtConfig config;
  /// Empty with --random-weights.  Tensors that it does not have are drawn.
  std::optional<Checkpoint> checkpoint;
  Activation activation = Activation::Gelu;
  /// How pictures become inputs; empty if the model takes tensors only.
  std::optional<ProcessorConfig> processor;
  int64_t height = 0;
  int64_t width = 0;
  /// Folder of the weight files.
  std::string folder;
  /// Lower-case hex, of config, weights, activation and processor settings.
  std::string sha256;
  /// What is odd but no error, a sentence each.
  std::vector<std::string> warnings;
};

/// Reads the model that `options` names.  An error is one sentence that names
/// the file and what is wrong with it.
llvm::Expected<SourceModel> loadSourceModel(const CompileOptions &options);

/// What the manifest says of it.
ModelFacts factsOf(const SourceModel &model, const CompileOptions &options);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_SOURCE_MODEL_H
