//===- verify_plannable.cpp - What memory can be planned for --------------===//

#include "compiler/memory/verify_plannable.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace cvt;

Type cvt::elementType(kernels::Element element, MLIRContext *context) {
  Builder builder(context);
  switch (element) {
  case kernels::Element::F32:
    return builder.getF32Type();
  case kernels::Element::Bf16:
    return builder.getBF16Type();
  case kernels::Element::U8:
    return builder.getIntegerType(8, /*isSigned=*/false);
  case kernels::Element::I8:
    return builder.getIntegerType(8, /*isSigned=*/true);
  }
  llvm_unreachable("unknown element");
}

InFlightDiagnostic cvt::emitUnknownKernel(LaunchOp launch) {
  return launch.emitOpError()
         << "refers to " << launch.getKernelAttr()
         << ", whose name is not the specification of a kernel";
}

SmallVector<Value> cvt::launchedValues(LaunchOp launch) {
  SmallVector<Value> values(launch.getInputs());
  llvm::append_range(values, launch.getResults());
  return values;
}

int64_t cvt::rowsPerImage(Value value,
                          const kernels::KernelArgument &argument) {
  return imageElements(value) / kernels::elementsPerImage(argument, /*rows=*/1);
}

/// Whether the kernel's argument can be `value`.
static bool fits(Value value, const kernels::KernelArgument &argument) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() != elementType(argument.element, type.getContext()))
    return false;
  int64_t row = kernels::elementsPerImage(argument, /*rows=*/1);
  if (value.getDefiningOp<WeightValueOp>())
    return type.getNumElements() == row;
  return argument.extents.back() == kernels::kRuntimeExtent &&
         type.getNumDynamicDims() == 1 && type.isDynamicDim(0) &&
         imageElements(value) > 0 && imageElements(value) % row == 0;
}

/// Whether the launch names a kernel that exists and fits its operands.
static LogicalResult verifyLaunch(LaunchOp launch) {
  auto spec = kernels::parseSymbolName(launch.getKernel());
  if (!spec)
    return emitUnknownKernel(launch);
  auto arguments = kernels::kernelArguments(*spec);
  SmallVector<Value> values = launchedValues(launch);
  if (arguments.size() != values.size())
    return launch.emitOpError()
           << "has " << values.size()
           << " operands and results, its kernel takes " << arguments.size();
  std::optional<int64_t> rows;
  for (auto [value, argument] : llvm::zip_equal(values, arguments)) {
    if (!fits(value, argument))
      return launch.emitOpError()
             << "has " << value.getType() << " where its kernel takes "
             << kernels::elementsPerImage(argument, /*rows=*/1) << " "
             << elementType(argument.element, launch.getContext()) << " as '"
             << argument.name << "'";
    if (value.getDefiningOp<WeightValueOp>())
      continue;
    int64_t found = rowsPerImage(value, argument);
    if (found != rows.value_or(found))
      return launch.emitOpError() << "has operands of " << *rows << " and of "
                                  << found << " rows an image";
    rows = found;
  }
  return success();
}

/// Whether `function` is one block of launches and views on tensors.
static LogicalResult verifyBody(func::FuncOp function) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("has no body of one block, which is planned");
  for (Type type : llvm::concat<const Type>(function.getArgumentTypes(),
                                            function.getResultTypes()))
    if (!isa<RankedTensorType>(type))
      return function.emitError()
             << "takes or returns " << type << ", expected tensors only";
  for (Operation &op : function.getBody().front()) {
    if (!isa<LaunchOp, WeightValueOp, ReshapeOp, PrependClassTokenOp,
             TakeClassTokenOp, DropClassTokenOp, func::ReturnOp>(op))
      return op.emitOpError("is not planned; run the kernels phase first");
    if (auto launch = dyn_cast<LaunchOp>(op);
        launch && failed(verifyLaunch(launch)))
      return failure();
  }
  return success();
}

/// Whether every value that is prepended or returned is, through reshapes, a
/// result of a launch, and none has two places to be.
static LogicalResult verifyPlaces(func::FuncOp function) {
  DenseSet<Value> placed;
  auto verdict = function.walk([&](Operation *op) {
    if (!isa<PrependClassTokenOp, func::ReturnOp>(op))
      return WalkResult::advance();
    for (Value operand : op->getOperands()) {
      Value root = stripReshapes(operand);
      if (root.getDefiningOp<LaunchOp>() && placed.insert(root).second)
        continue;
      op->emitOpError("needs a value of its own for each operand: the result "
                      "of a launch that is prepended or returned once");
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(verdict.wasInterrupted());
}

LogicalResult cvt::verifyPlannable(func::FuncOp function) {
  return failure(failed(verifyBody(function)) ||
                 failed(verifyPlaces(function)));
}
