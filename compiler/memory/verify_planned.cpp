//===- verify_planned.cpp - Launches of views that fit their kernels ------===//

#include "compiler/memory/verify_planned.h"

#include "compiler/memory/verify_plannable.h"

using namespace mlir;
using namespace cvt;

/// Whether the kernel's argument can be a view of `type`, whose layout
/// `cvt.view` verifies.
static bool fits(MemRefType type, const kernels::KernelArgument &argument) {
  auto rank = static_cast<int64_t>(argument.extents.size());
  if (type.getRank() != rank ||
      type.getElementType() != elementType(argument.element, type.getContext()))
    return false;
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t dense = 1;
  for (int64_t dim = 0; dim != rank; ++dim) {
    // Kernels count dimensions from the innermost.
    int64_t axis = rank - 1 - dim;
    int64_t extent = argument.extents[dim];
    if (type.getDimSize(axis) !=
        (extent == kernels::kRuntimeExtent ? ShapedType::kDynamic : extent))
      return false;
    if (dim < argument.denseDims && strides[axis] != dense)
      return false;
    dense *= extent;
  }
  return true;
}

LogicalResult cvt::verifyPlanned(LaunchOp launch) {
  auto spec = kernels::parseSymbolName(launch.getKernel());
  if (!spec)
    return emitUnknownKernel(launch);
  auto arguments = kernels::kernelArguments(*spec);
  if (arguments.size() != launch->getNumOperands())
    return launch.emitOpError()
           << "has " << launch->getNumOperands()
           << " operands, its kernel takes " << arguments.size();
  for (auto [operand, argument] :
       llvm::zip_equal(launch->getOperands(), arguments)) {
    if (!operand.getDefiningOp<ViewOp>())
      return launch.emitOpError("operands must be views");
    if (!fits(cast<MemRefType>(operand.getType()), argument))
      return launch.emitOpError()
             << "has " << operand.getType()
             << ", which its kernel does not take as '" << argument.name << "'";
  }
  return success();
}
