//===- phases.h - The levels a model passes through, in one table ---------===//

#ifndef CVT_COMPILER_PIPELINE_PHASES_H
#define CVT_COMPILER_PIPELINE_PHASES_H

#include "dialect/CvtDialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cvt {

/// What a user chooses that passes depend on.
struct PipelineOptions {
  /// Results of @forward to keep, in this order; "hidden_states" stands for
  /// all of them.  Empty: all results.
  std::vector<std::string> outputs;
  /// CPU targets, best first.
  std::vector<std::string> targets;
  int64_t maxBatch = 8;
  /// Of what is large enough to matter; see cvt-assign-formats.
  Format precision = Format::F32;
};

/// One level of the IR and how to get there from the one before.
struct Phase {
  llvm::StringLiteral name;
  llvm::StringLiteral description;
  /// Adds the passes that lead to this phase.
  void (*populate)(mlir::OpPassManager &passes, const PipelineOptions &options);
};

/// All phases, first to last: import, fuse, precision, kernels, memory, llvm.
llvm::ArrayRef<Phase> phases();

/// The phase called `name`, or null.
const Phase *findPhase(llvm::StringRef name);

/// "import, fuse, ...", for messages.
std::string phaseNames();

/// Every dialect that a phase may use, with what translates it to LLVM IR.
void registerDialects(mlir::DialectRegistry &registry);

/// Every pass of the compiler, and a pipeline `cvt-phase-NAME` for each phase
/// that has passes.  Call once.
void registerPasses();

} // namespace cvt

#endif // CVT_COMPILER_PIPELINE_PHASES_H
