//===- evaluator.h - Runs @forward of a module in doubles -----------------===//
//
// Gives IR of the phases import, fuse and precision a meaning that does not
// depend on anything the compiler does with it later.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_REFERENCE_EVALUATOR_H
#define CVT_TEST_REFERENCE_EVALUATOR_H

#include "compiler/weight_values/weight_values.h"
#include "test/reference/array.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace cvt::reference {

struct Output {
  std::string name;
  Array value;
};

/// @forward of a module, if it has one that can be evaluated: one block, one
/// input and as many results as it has names, none of which is a path.
llvm::Expected<mlir::func::FuncOp> findForward(mlir::ModuleOp module);

/// Results of @forward, in order, for pixel values (B, C, H, W), B >= 1.
/// `module` must be verified and be what `values` was made for.  Folded batch
/// norms are computed in doubles and not rounded to the floats that an artifact
/// would hold, so that import and fuse agree.  Errors are one sentence.
llvm::Expected<std::vector<Output>>
evaluateForward(mlir::ModuleOp module, WeightValues &values, Array pixelValues);

} // namespace cvt::reference

#endif // CVT_TEST_REFERENCE_EVALUATOR_H
