//===- CvtTokenOps.cpp - Shape inference and folds of token views ---------===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"

#include <limits>

using namespace mlir;
using namespace cvt;

using Types = SmallVectorImpl<Type>;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static RankedTensorType tokensType(RankedTensorType like, int64_t tokens) {
  return RankedTensorType::get(
      {ShapedType::kDynamic, tokens, like.getDimSize(2)},
      like.getElementType());
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  int64_t elements = imageElements(getInput());
  if (elements == std::numeric_limits<int64_t>::max())
    return emitOpError() << "has too many elements in an image of "
                         << getInput().getType();
  if (elements != imageElements(getOutput()) ||
      typeOf(getInput()).getElementType() !=
          typeOf(getOutput()).getElementType() ||
      typeOf(getInput()).getShape().back() !=
          typeOf(getOutput()).getShape().back())
    return emitOpError() << "cannot regroup " << getInput().getType() << " as "
                         << getType();
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : Value();
}

/// A reshape of a reshape is one reshape.
LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) {
  auto producer = op.getInput().getDefiningOp<ReshapeOp>();
  if (!producer)
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), producer.getInput());
  return success();
}

//===----------------------------------------------------------------------===//
// Class token
//===----------------------------------------------------------------------===//

LogicalResult ClassTokenOp::inferReturnTypes(MLIRContext *context,
                                             std::optional<Location> location,
                                             Adaptor adaptor, Types &types) {
  int64_t channels = adaptor.getChannels();
  if (channels < 1)
    return emitOptionalError(location, "channels must be at least 1");
  types.push_back(
      RankedTensorType::get({1, 1, channels}, Float32Type::get(context)));
  return success();
}

LogicalResult ClassTokenOp::verifySymbolUses(SymbolTableCollection &symbols) {
  RankedTensorType type = lookUpWeightType(*this, getWeightAttr(), symbols);
  if (!type)
    return failure();
  if (type != getType())
    return emitOpError() << "weight " << getWeightAttr() << " is " << type
                         << ", expected " << getType();
  return success();
}

LogicalResult
PrependClassTokenOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> location,
                                      Adaptor adaptor, Types &types) {
  RankedTensorType tokens = typeOf(adaptor.getTokens());
  RankedTensorType classToken = typeOf(adaptor.getClassToken());
  if (tokens.getDimSize(2) != classToken.getDimSize(2))
    return emitOptionalError(location, "class token has ",
                             classToken.getDimSize(2), " channels, tokens ",
                             tokens.getDimSize(2));
  if (tokens.getElementType() != classToken.getElementType())
    return emitOptionalError(location, "class token is of ",
                             classToken.getElementType(), ", tokens of ",
                             tokens.getElementType());
  types.push_back(tokensType(tokens, tokens.getDimSize(1) + 1));
  return success();
}

LogicalResult TakeClassTokenOp::inferReturnTypes(MLIRContext *,
                                                 std::optional<Location>,
                                                 Adaptor adaptor,
                                                 Types &types) {
  types.push_back(tokensType(typeOf(adaptor.getInput()), 1));
  return success();
}

/// The class token that was just put in front, unless it still has to be
/// repeated for the batch; of a single token, that token.
OpFoldResult TakeClassTokenOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto prepend = getInput().getDefiningOp<PrependClassTokenOp>();
  if (prepend && prepend.getClassToken().getType() == getType())
    return prepend.getClassToken();
  return {};
}

LogicalResult
DropClassTokenOp::inferReturnTypes(MLIRContext *,
                                   std::optional<Location> location,
                                   Adaptor adaptor, Types &types) {
  RankedTensorType input = typeOf(adaptor.getInput());
  if (input.getDimSize(1) < 2)
    return emitOptionalError(location, "there is no token but the class token");
  types.push_back(tokensType(input, input.getDimSize(1) - 1));
  return success();
}

/// The tokens that the class token was just put in front of.
OpFoldResult DropClassTokenOp::fold(FoldAdaptor) {
  auto prepend = getInput().getDefiningOp<PrependClassTokenOp>();
  return prepend ? prepend.getTokens() : Value();
}
