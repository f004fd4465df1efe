//===- run_phases.h - Takes a module from one phase to another ------------===//

#ifndef CVT_COMPILER_DRIVER_RUN_PHASES_H
#define CVT_COMPILER_DRIVER_RUN_PHASES_H

#include "compiler/pipeline/phases.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace cvt {

/// Runs the passes of `phase` on a module that is at the phase before.  An
/// error is the first diagnostic that a pass emitted, as one sentence.
llvm::Error runPhase(mlir::ModuleOp module, const Phase &phase,
                     const PipelineOptions &options);

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_RUN_PHASES_H
