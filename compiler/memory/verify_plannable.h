//===- verify_plannable.h - What memory can be planned for ----------------===//

#ifndef CVT_COMPILER_MEMORY_VERIFY_PLANNABLE_H
#define CVT_COMPILER_MEMORY_VERIFY_PLANNABLE_H

#include "compiler/kernels/kernel_spec.h"
#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace cvt {

/// The type of a kernel argument's elements.
mlir::Type elementType(kernels::Element element, mlir::MLIRContext *context);

/// Says that the launch's kernel has a name that is no specification.
mlir::InFlightDiagnostic emitUnknownKernel(LaunchOp launch);

/// Inputs and results, in the order of the kernel's arguments.
llvm::SmallVector<mlir::Value> launchedValues(LaunchOp launch);

/// How often `value`, no weight, holds in each image what `argument` has below
/// its outermost dimension: more than once for rows of all images together.
int64_t rowsPerImage(mlir::Value value,
                     const kernels::KernelArgument &argument);

/// Whether `function` is what convert-cvt-to-kernels leaves: one block on
/// tensors, whose launches fit their kernels, and in which every value has one
/// place to be.  Says what is not.
mlir::LogicalResult verifyPlannable(mlir::func::FuncOp function);

} // namespace cvt

#endif // CVT_COMPILER_MEMORY_VERIFY_PLANNABLE_H
