//===- CvtSymbolOps.cpp - Verifiers of weights, prepare steps, kernels ----===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace cvt;

RankedTensorType cvt::lookUpWeightType(Operation *user, FlatSymbolRefAttr name,
                                       SymbolTableCollection &symbols) {
  Operation *symbol = symbols.lookupNearestSymbolFrom(user, name);
  if (auto weight = dyn_cast_or_null<WeightOp>(symbol))
    return cast<RankedTensorType>(weight.getType());
  if (auto prepare = dyn_cast_or_null<PrepareOp>(symbol))
    return cast<RankedTensorType>(prepare.getType());
  user->emitOpError() << "refers to " << name
                      << ", which is not a weight of this module";
  return nullptr;
}

void WeightOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     RankedTensorType type, Attribute source) {
  build(builder, state, builder.getStringAttr(name), TypeAttr::get(type),
        source);
}

LogicalResult WeightOp::verify() {
  auto stored = dyn_cast<StoredAttr>(getSource());
  if (!stored || stored.getAxes().empty())
    return success();
  int64_t rank = cast<RankedTensorType>(getType()).getRank();
  SmallVector<int64_t> axes(stored.getAxes());
  llvm::sort(axes);
  if (!llvm::equal(axes, llvm::seq<int64_t>(0, rank)))
    return emitOpError() << "axes must be the numbers from 0 to " << rank - 1
                         << ", each once";
  return success();
}

void PrepareOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                      PrepareStep step, ArrayRef<FlatSymbolRefAttr> sources,
                      RankedTensorType type, FloatAttr epsilon) {
  SmallVector<Attribute> refs(sources.begin(), sources.end());
  build(builder, state, builder.getStringAttr(name),
        PrepareStepAttr::get(builder.getContext(), step),
        builder.getArrayAttr(refs), TypeAttr::get(type), epsilon);
}

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     int64_t flops, int64_t bytes) {
  build(builder, state, builder.getStringAttr(name),
        builder.getI64IntegerAttr(flops), builder.getI64IntegerAttr(bytes));
}

static bool isFolding(PrepareStep step) {
  return step == PrepareStep::FoldBnWeight || step == PrepareStep::FoldBnBias;
}

static bool isPacking(PrepareStep step) {
  return step == PrepareStep::PackPanels || step == PrepareStep::PackPanelsNhwc;
}

LogicalResult PrepareOp::verify() {
  static constexpr size_t kSources[] = {3, 4, 1, 1, 1, 1, 1, 1, 1};
  size_t expected = kSources[static_cast<size_t>(getStep())];
  if (getSources().size() != expected)
    return emitOpError() << stringifyPrepareStep(getStep()) << " takes "
                         << expected << " sources, not " << getSources().size();
  if (isFolding(getStep()) != getEpsilon().has_value())
    return emitOpError() << stringifyPrepareStep(getStep())
                         << (isFolding(getStep()) ? " needs an epsilon"
                                                  : " takes no epsilon");
  if (getEpsilon() && (!getEpsilon()->isFinite() || getEpsilon()->isZero() ||
                       getEpsilon()->isNegative()))
    return emitOpError("epsilon must be finite and greater than 0");
  return success();
}

/// The shape that `step` gives for the shapes of its sources, where -1 stands
/// for an extent that the step leaves open; nullopt if they do not fit.
/// `sideBySide`: inputs that are packed together.
static std::optional<SmallVector<int64_t>>
preparedShape(PrepareStep step, ArrayRef<ArrayRef<int64_t>> sources,
              int64_t sideBySide) {
  ArrayRef<int64_t> first = sources.front();
  auto isDepthwise = [](ArrayRef<int64_t> shape) {
    return shape.size() == 4 && shape[1] == 1;
  };
  switch (step) {
  case PrepareStep::FoldBnWeight:
  case PrepareStep::FoldBnBias: {
    bool isWeight = step == PrepareStep::FoldBnWeight;
    if ((isWeight && !isDepthwise(first)) || (!isWeight && first.size() != 1))
      return std::nullopt;
    for (ArrayRef<int64_t> other : sources.drop_front())
      if (other.size() != 1 || other[0] != first[0])
        return std::nullopt;
    return SmallVector<int64_t>(first);
  }
  case PrepareStep::PackPanels:
  case PrepareStep::PackPanelsNhwc: {
    bool isNhwc = step == PrepareStep::PackPanelsNhwc;
    if (first.size() < 2 || (isNhwc && first.size() != 4))
      return std::nullopt;
    int64_t k = 1;
    for (int64_t extent : first.drop_front())
      k *= extent;
    if (sideBySide == 1)
      return SmallVector<int64_t>{-1, k, -1};
    if (k % sideBySide != 0)
      return std::nullopt;
    return SmallVector<int64_t>{-1, k / sideBySide, -1, sideBySide};
  }
  case PrepareStep::TapsOutermost:
    if (!isDepthwise(first))
      return std::nullopt;
    return SmallVector<int64_t>{first[2], first[3], first[0]};
  case PrepareStep::PadTaps:
    if (first.size() != 4)
      return std::nullopt;
    return SmallVector<int64_t>{first[0], first[1], first[2], -1};
  case PrepareStep::Pad:
    if (first.size() != 1)
      return std::nullopt;
    return SmallVector<int64_t>{-1};
  case PrepareStep::RowScales:
  case PrepareStep::RowSums:
    if (first.size() < 2)
      return std::nullopt;
    return SmallVector<int64_t>{-1};
  }
  llvm_unreachable("unknown prepare step");
}

/// Checks the extents that preparedShape leaves open.  Vectors and taps may be
/// padded.
static bool openExtentsFit(PrepareStep step, ArrayRef<int64_t> source,
                           ArrayRef<int64_t> result) {
  if (isPacking(step))
    return result[2] > 0 &&
           result[0] == llvm::divideCeilSigned(source[0], result[2]);
  if (step == PrepareStep::PadTaps)
    return result[3] >= source[3];
  return result.size() > 1 || result[0] >= source[0];
}

LogicalResult PrepareOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<Type> types;
  SmallVector<ArrayRef<int64_t>> shapes;
  for (auto source : getSources().getAsRange<FlatSymbolRefAttr>()) {
    RankedTensorType type = lookUpWeightType(*this, source, symbols);
    if (!type)
      return failure();
    Operation *symbol = symbols.lookupNearestSymbolFrom(*this, source);
    if (symbol->getBlock() != (*this)->getBlock() ||
        !symbol->isBeforeInBlock(*this))
      return emitOpError() << "must stand behind " << source
                           << ", which it is made of";
    types.push_back(type);
    shapes.push_back(type.getShape());
  }
  auto prepared = cast<RankedTensorType>(getType());
  ArrayRef<int64_t> shape = prepared.getShape();
  const unsigned bits = prepared.getElementTypeBitWidth();
  const bool packs = isPacking(getStep());
  const int64_t sideBySide =
      packs && shape.size() == 4 ? std::max<int64_t>(shape[3], 1) : 1;
  auto expected = preparedShape(getStep(), shapes, sideBySide);
  auto isF32 = [](Type type) { return getElementTypeOrSelf(type).isF32(); };
  auto matches = [](auto pair) {
    return std::get<0>(pair) == -1 || std::get<0>(pair) == std::get<1>(pair);
  };
  if (!expected || (bits != 32 && !packs) || !llvm::isPowerOf2_64(sideBySide) ||
      sideBySide > 32 / bits || !llvm::all_of(types, isF32) ||
      expected->size() != shape.size() ||
      !llvm::all_of(llvm::zip_equal(*expected, shape), matches) ||
      !openExtentsFit(getStep(), shapes.front(), shape))
    return emitOpError() << "cannot make " << getType() << " by "
                         << stringifyPrepareStep(getStep()) << " of " << types;
  return success();
}
