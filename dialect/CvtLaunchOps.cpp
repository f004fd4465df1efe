//===- CvtLaunchOps.cpp - Verifiers and effects of launches and views -----===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace cvt;

LogicalResult WeightValueOp::verifySymbolUses(SymbolTableCollection &symbols) {
  RankedTensorType type = lookUpWeightType(*this, getWeightAttr(), symbols);
  if (!type)
    return failure();
  if (type != getType())
    return emitOpError() << "weight " << getWeightAttr() << " is " << type
                         << ", not " << getType();
  return success();
}

LogicalResult LaunchOp::verify() {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  bool onTensors = getOutputs().empty();
  if (onTensors) {
    if (!llvm::all_of(getInputs().getTypes(), isTensor))
      return emitOpError("without outputs takes tensors only");
    if (getResults().empty())
      return emitOpError("on tensors needs a result");
    return success();
  }
  if (llvm::any_of(getInputs().getTypes(), isTensor))
    return emitOpError("with outputs takes memrefs only");
  if (!getResults().empty())
    return emitOpError("with outputs has no results");
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr()))
    return success();
  return emitOpError() << "refers to " << getKernelAttr()
                       << ", which is not a kernel of this module";
}

void LaunchOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  if (getOutputs().empty())
    return;
  for (OpOperand &input : getInputsMutable())
    effects.emplace_back(MemoryEffects::Read::get(), &input,
                         SideEffects::DefaultResource::get());
  for (OpOperand &output : getOutputsMutable())
    effects.emplace_back(MemoryEffects::Write::get(), &output,
                         SideEffects::DefaultResource::get());
}

LogicalResult ViewOp::verify() {
  if (static_cast<int64_t>(getOffset()) < 0 ||
      static_cast<int64_t>(getOffsetPerImage()) < 0)
    return emitOpError("offsets must not be negative");
  if (static_cast<int64_t>(getRows()) < 1)
    return emitOpError("rows must be at least 1");
  auto type = cast<MemRefType>(getType());
  if (type.getRank() > 0 &&
      llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
    return emitOpError("only the outermost extent may be dynamic");
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || offset != 0 ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return emitOpError("needs static strides and offset 0");
  return success();
}
