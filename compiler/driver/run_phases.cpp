//===- run_phases.cpp - Takes a module from one phase to another ----------===//

#include "compiler/driver/run_phases.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

llvm::Error cvt::runPhase(mlir::ModuleOp module, const Phase &phase,
                          const PipelineOptions &options) {
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      module.getContext(), [&](mlir::Diagnostic &diagnostic) {
        if (message.empty() &&
            diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
          llvm::raw_string_ostream(message) << diagnostic;
        return mlir::success();
      });
  mlir::PassManager passes(module.getContext());
  phase.populate(passes, options);
  if (mlir::succeeded(passes.run(module)))
    return llvm::Error::success();
  return llvm::createStringError("phase " + phase.name + ": " +
                                 (message.empty() ? "failed" : message));
}
