//===- CvtGraphOps.cpp - Shape inference and verifiers of graph ops -------===//
//
// Each op infers its result types from operands and attributes, and reports
// there what makes that impossible; verifySymbolUses checks the weights.
//
//===----------------------------------------------------------------------===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace cvt;

using Types = SmallVectorImpl<Type>;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// `like` with its innermost extent replaced.
static RankedTensorType withChannels(RankedTensorType like, int64_t channels) {
  SmallVector<int64_t> shape(like.getShape());
  shape.back() = channels;
  return RankedTensorType::get(shape, like.getElementType());
}

static RankedTensorType mapType(RankedTensorType like, int64_t height,
                                int64_t width, int64_t channels) {
  return RankedTensorType::get({ShapedType::kDynamic, height, width, channels},
                               like.getElementType());
}

/// Checks that weight `name` has `shape`; `role` names it in the message.
static LogicalResult verifyWeight(Operation *op, StringRef role,
                                  FlatSymbolRefAttr name,
                                  ArrayRef<int64_t> shape,
                                  SymbolTableCollection &symbols) {
  if (!name)
    return success();
  RankedTensorType type = lookUpWeightType(op, name, symbols);
  if (!type)
    return failure();
  auto expected =
      RankedTensorType::get(shape, Float32Type::get(op->getContext()));
  if (type == expected)
    return success();
  return op->emitOpError() << role << " " << name << " is " << type
                           << ", expected " << expected;
}

static LogicalResult verifyEpsilon(std::optional<Location> location,
                                   const APFloat &epsilon) {
  if (epsilon.isFiniteNonZero() && !epsilon.isNegative())
    return success();
  return emitOptionalError(location, "epsilon must be positive");
}

/// Height and width after sliding a window over a map, by `extentOf`.
static FailureOr<std::pair<int64_t, int64_t>> windowed(
    std::optional<Location> location, int64_t height, int64_t width,
    int64_t kernel, int64_t stride, int64_t padding,
    std::optional<int64_t> (*extentOf)(int64_t, int64_t, int64_t, int64_t)) {
  auto newHeight = extentOf(height, kernel, stride, padding);
  auto newWidth = extentOf(width, kernel, stride, padding);
  if (newHeight && newWidth)
    return std::make_pair(*newHeight, *newWidth);
  return emitOptionalError(location, "kernel ", kernel, ", stride ", stride,
                           " and padding ", padding, " do not fit a map of ",
                           height, "x", width);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

LogicalResult ConvEmbedOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  bool isNchw = adaptor.getLayout() == Layout::Nchw;
  auto size =
      windowed(location, input.getDimSize(isNchw ? 2 : 1),
               input.getDimSize(isNchw ? 3 : 2), adaptor.getKernel(),
               adaptor.getStride(), adaptor.getPadding(), &convolvedExtent);
  if (failed(size))
    return failure();
  if (static_cast<int64_t>(adaptor.getChannels()) < 1)
    return emitOptionalError(location, "channels must be at least 1");
  types.push_back(
      mapType(input, size->first, size->second, adaptor.getChannels()));
  return success();
}

LogicalResult ConvEmbedOp::verifySymbolUses(SymbolTableCollection &symbols) {
  bool isNchw = getLayout() == Layout::Nchw;
  int64_t inputChannels = typeOf(getInput()).getDimSize(isNchw ? 1 : 3);
  int64_t channels = getChannels(), kernel = getKernel();
  if (failed(verifyWeight(*this, "weight", getWeightAttr(),
                          {channels, inputChannels, kernel, kernel}, symbols)))
    return failure();
  return verifyWeight(*this, "bias", getBiasAttr(), {channels}, symbols);
}

LogicalResult
ConvProjectionOp::inferReturnTypes(MLIRContext *,
                                   std::optional<Location> location,
                                   Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  auto size = windowed(location, input.getDimSize(1), input.getDimSize(2),
                       adaptor.getKernel(), adaptor.getStride(),
                       adaptor.getPadding(), &convolvedExtent);
  if (failed(size) || failed(verifyEpsilon(location, adaptor.getEpsilon())))
    return failure();
  types.push_back(
      mapType(input, size->first, size->second, input.getDimSize(3)));
  return success();
}

LogicalResult
ConvProjectionOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t channels = typeOf(getInput()).getDimSize(3), kernel = getKernel();
  if (failed(verifyWeight(*this, "weight", getWeightAttr(),
                          {channels, 1, kernel, kernel}, symbols)))
    return failure();
  std::pair<StringRef, FlatSymbolRefAttr> norms[] = {
      {"gamma", getGammaAttr()},
      {"beta", getBetaAttr()},
      {"mean", getMeanAttr()},
      {"variance", getVarianceAttr()}};
  for (auto [role, name] : norms)
    if (failed(verifyWeight(*this, role, name, {channels}, symbols)))
      return failure();
  return success();
}

LogicalResult
DepthwiseConvOp::inferReturnTypes(MLIRContext *,
                                  std::optional<Location> location,
                                  Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  size_t count = adaptor.getWeights().size();
  ArrayRef<int64_t> strides = adaptor.getStrides();
  ArrayRef<int64_t> paddings = adaptor.getPaddings();
  if (count == 0 || adaptor.getBiases().size() != count ||
      strides.size() != count || paddings.size() != count)
    return emitOptionalError(location, "weights, biases, strides and paddings "
                                       "must have one entry for each result");
  for (auto [stride, padding] : llvm::zip_equal(strides, paddings)) {
    auto size =
        windowed(location, input.getDimSize(1), input.getDimSize(2),
                 adaptor.getKernel(), stride, padding, &convolvedExtent);
    if (failed(size))
      return failure();
    types.push_back(
        mapType(input, size->first, size->second, input.getDimSize(3)));
  }
  return success();
}

LogicalResult
DepthwiseConvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (Value result : getResults())
    if (typeOf(result).getElementType() !=
        typeOf(getResult(0)).getElementType())
      return emitOpError() << "results must be of one element type";
  int64_t channels = typeOf(getInput()).getDimSize(3), kernel = getKernel();
  for (Attribute weight : getWeights())
    if (failed(verifyWeight(*this, "weight", cast<FlatSymbolRefAttr>(weight),
                            {channels, 1, kernel, kernel}, symbols)))
      return failure();
  for (Attribute bias : getBiases())
    if (failed(verifyWeight(*this, "bias", cast<FlatSymbolRefAttr>(bias),
                            {channels}, symbols)))
      return failure();
  return success();
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  auto size = windowed(location, input.getDimSize(1), input.getDimSize(2),
                       adaptor.getKernel(), adaptor.getStride(),
                       adaptor.getPadding(), &pooledExtent);
  if (failed(size))
    return failure();
  types.push_back(
      mapType(input, size->first, size->second, input.getDimSize(3)));
  return success();
}

//===----------------------------------------------------------------------===//
// Norm, linear, attention
//===----------------------------------------------------------------------===//

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &types) {
  if (failed(verifyEpsilon(location, adaptor.getEpsilon())))
    return failure();
  types.push_back(adaptor.getInput().getType());
  return success();
}

LogicalResult LayerNormOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t channels = typeOf(getInput()).getShape().back();
  if (failed(verifyWeight(*this, "gamma", getGammaAttr(), {channels}, symbols)))
    return failure();
  return verifyWeight(*this, "beta", getBetaAttr(), {channels}, symbols);
}

LogicalResult LinearOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor, Types &types) {
  int64_t features = adaptor.getFeatures();
  if (features < 1)
    return emitOptionalError(location, "features must be at least 1");
  RankedTensorType result = withChannels(typeOf(adaptor.getInput()), features);
  if (result.getElementType().isInteger())
    result = result.clone(Float32Type::get(context));
  if (numbersPerRow(adaptor.getInput()) < 1)
    return emitOptionalError(location, "rows of ", adaptor.getInput().getType(),
                             " hold nothing but scale and low");
  if (Value residual = adaptor.getResidual();
      residual && !haveEqualShapes(residual.getType(), result))
    return emitOptionalError(location, "residual is ", residual.getType(),
                             ", expected ", result);
  types.push_back(result);
  return success();
}

LogicalResult LinearOp::verify() {
  auto format = (*this)->getAttrOfType<FormatAttr>(CvtDialect::kFormatAttr);
  bool isQuantized = typeOf(getInput()).getElementType().isInteger();
  if (format && (format.getValue() == Format::I8) != isQuantized)
    return emitOpError() << "of format " << stringifyFormat(format.getValue())
                         << " does not take " << getInput().getType();
  return success();
}

LogicalResult LinearOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t features = getFeatures();
  if (failed(verifyWeight(*this, "weight", getWeightAttr(),
                          {features, numbersPerRow(getInput())}, symbols)))
    return failure();
  return verifyWeight(*this, "bias", getBiasAttr(), {features}, symbols);
}

LogicalResult QuantizeOp::inferReturnTypes(MLIRContext *context,
                                           std::optional<Location>,
                                           Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  types.push_back(
      withChannels(input, channelsOf(adaptor.getInput()) + kQuantizedTail)
          .clone(IntegerType::get(context, 8,
                                  IntegerType::SignednessSemantics::Unsigned)));
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &types) {
  RankedTensorType query = typeOf(adaptor.getQuery());
  RankedTensorType key = typeOf(adaptor.getKey());
  int64_t channels = query.getDimSize(2), heads = adaptor.getHeads();
  if (heads < 1 || channels % heads != 0)
    return emitOptionalError(location, heads, " heads do not divide ", channels,
                             " channels");
  if (key != adaptor.getValue().getType() || key.getDimSize(2) != channels)
    return emitOptionalError(location, "key and value must be tokens of ",
                             channels, " channels, as many of each");
  if (key.getElementType() != query.getElementType())
    return emitOptionalError(location, "query is of ", query.getElementType(),
                             ", key and value of ", key.getElementType());
  types.push_back(query);
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise, mean, layout
//===----------------------------------------------------------------------===//

LogicalResult GeluOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor adaptor, Types &types) {
  if (adaptor.getFunction() == Activation::None)
    return emitOptionalError(location, "function must be gelu or quick_gelu");
  types.push_back(adaptor.getInput().getType());
  return success();
}

LogicalResult AddOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> location,
                                      Adaptor adaptor, Types &types) {
  Type lhs = adaptor.getLhs().getType(), rhs = adaptor.getRhs().getType();
  if (lhs != rhs)
    return emitOptionalError(location, "operands differ: ", lhs, " and ", rhs);
  types.push_back(lhs);
  return success();
}

LogicalResult TokenMeanOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  types.push_back(RankedTensorType::get(
      {ShapedType::kDynamic, input.getDimSize(2)}, input.getElementType()));
  return success();
}

/// The mean of one token is that token.
LogicalResult TokenMeanOp::canonicalize(TokenMeanOp op,
                                        PatternRewriter &rewriter) {
  // One that also rounds is no other view of the same numbers.
  if (typeOf(op.getInput()).getDimSize(1) != 1 ||
      typeOf(op.getInput()).getElementType() != op.getType().getElementType())
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
  return success();
}

LogicalResult ToNchwOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                         Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  types.push_back(mapType(input, input.getDimSize(3), input.getDimSize(1),
                          input.getDimSize(2)));
  return success();
}
