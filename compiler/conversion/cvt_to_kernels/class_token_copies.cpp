//===- class_token_copies.cpp - Copies where a view can not be one --------===//
//
// Token views become windows on buffers when memory is planned: what is
// prepended is written straight into the buffer of the longer tokens.  That
// works for a value with a buffer of its own and only one place to be; all
// others are copied here.
//
//===----------------------------------------------------------------------===//

#include "compiler/conversion/cvt_to_kernels/kernel_launcher.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace cvt;

static bool isLinearLaunch(Operation *op) {
  auto launch = dyn_cast_or_null<LaunchOp>(op);
  if (!launch)
    return false;
  auto spec = kernels::parseSymbolName(launch.getKernel());
  return spec && std::holds_alternative<kernels::LinearSpec>(spec->family);
}

/// Whether a linear kernel writes `value` or reads it, itself or reshaped.
static bool touchedByLinear(Value value) {
  if (isLinearLaunch(value.getDefiningOp()))
    return true;
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    auto reshape = dyn_cast<ReshapeOp>(user);
    return isLinearLaunch(user) ||
           (reshape && touchedByLinear(reshape.getOutput()));
  });
}

namespace {

class CopyInserter {
public:
  CopyInserter(KernelLauncher &launcher, kernels::CpuTarget target)
      : launcher(launcher), target(target) {}

  LogicalResult run(Operation *function);
  int64_t count = 0;

private:
  LogicalResult copyOperand(OpOperand &operand);
  LogicalResult placePrepended(OpOperand &operand);

  KernelLauncher &launcher;
  kernels::CpuTarget target;
  /// Launch results that already have a place: inside the buffer of longer
  /// tokens, or as an output.
  DenseSet<Value> placed;
};

} // namespace

/// Makes `operand` a copy of its value.
LogicalResult CopyInserter::copyOperand(OpOperand &operand) {
  Value value = operand.get();
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = ShapedType::kDynamic;
  kernels::CopySpec copy;
  copy.channels = shape.back();
  copy.tokens = rowsPerImage(value);
  OpBuilder builder(operand.getOwner());
  auto copied = launcher.launch(
      builder, operand.getOwner()->getLoc(),
      {copy, target, kernels::Formats::of(elementOf(value))}, value,
      RankedTensorType::get(shape, type.getElementType()));
  if (failed(copied))
    return failure();
  operand.set(copied->front());
  placed.insert(copied->front());
  ++count;
  return success();
}

/// A prepended value keeps its own launch if that may write there.
LogicalResult CopyInserter::placePrepended(OpOperand &operand) {
  Value root = stripReshapes(operand.get());
  bool isStrided = rowsPerImage(operand.get()) > 1 && touchedByLinear(root);
  if (root.getDefiningOp<LaunchOp>() && !isStrided &&
      placed.insert(root).second)
    return success();
  return copyOperand(operand);
}

LogicalResult CopyInserter::run(Operation *function) {
  SmallVector<PrependClassTokenOp> prepends;
  SmallVector<OpOperand *> linearInputs;
  func::ReturnOp returned;
  function->walk([&](Operation *op) {
    if (auto prepend = dyn_cast<PrependClassTokenOp>(op))
      prepends.push_back(prepend);
    else if (auto terminator = dyn_cast<func::ReturnOp>(op))
      returned = terminator;
    else if (isLinearLaunch(op))
      for (OpOperand &operand : op->getOpOperands())
        linearInputs.push_back(&operand);
  });
  // Tokens behind a class token are rows with gaps between images.
  for (OpOperand *operand : linearInputs) {
    Value root = stripReshapes(operand->get());
    if (root.getDefiningOp<DropClassTokenOp>() &&
        rowsPerImage(operand->get()) > 1 && failed(copyOperand(*operand)))
      return failure();
  }
  for (PrependClassTokenOp prepend : prepends)
    for (OpOperand &operand : prepend->getOpOperands())
      if (failed(placePrepended(operand)))
        return failure();
  for (OpOperand &operand : returned->getOpOperands()) {
    Value root = stripReshapes(operand.get());
    if (root.getDefiningOp<LaunchOp>() && placed.insert(root).second)
      continue;
    if (failed(copyOperand(operand)))
      return failure();
  }
  return success();
}

FailureOr<int64_t> cvt::insertViewCopies(Operation *function,
                                         KernelLauncher &launcher,
                                         kernels::CpuTarget target) {
  CopyInserter inserter(launcher, target);
  if (failed(inserter.run(function)))
    return failure();
  return inserter.count;
}
