//===- verify_planned.h - Launches of views that fit their kernels --------===//

#ifndef CVT_COMPILER_MEMORY_VERIFY_PLANNED_H
#define CVT_COMPILER_MEMORY_VERIFY_PLANNED_H

#include "dialect/CvtDialect.h"

namespace cvt {

/// Whether all operands of `launch` are views, as cvt-plan-memory leaves them,
/// of the shapes, elements and dense strides that its kernel takes.  Says what
/// is not.
mlir::LogicalResult verifyPlanned(LaunchOp launch);

} // namespace cvt

#endif // CVT_COMPILER_MEMORY_VERIFY_PLANNED_H
