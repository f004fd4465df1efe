//===- fuse_depthwise_convs.cpp - One pass over a map for q, k and v ------===//

#include "compiler/transforms/passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_FUSEDEPTHWISECONVSPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

/// The kernel's limit.
constexpr size_t kMaxResults = 3;

/// What convolutions must share to be done in one pass: input, kernel size,
/// elements of the results and discardable attributes.
using Key = std::tuple<Value, uint64_t, Type, Attribute>;

/// Builds, at the insertion point, one op that computes `results`, results of
/// depthwise convolutions that share a key, and lets it take their place.
void fuseResults(OpBuilder &builder, ArrayRef<OpResult> results) {
  SmallVector<Location> locations;
  SmallVector<Type> types;
  SmallVector<Attribute> weights, biases;
  SmallVector<int64_t> strides, paddings;
  for (OpResult result : results) {
    auto op = cast<cvt::DepthwiseConvOp>(result.getOwner());
    unsigned index = result.getResultNumber();
    locations.push_back(op.getLoc());
    types.push_back(result.getType());
    weights.push_back(op.getWeights()[index]);
    biases.push_back(op.getBiases()[index]);
    strides.push_back(op.getStrides()[index]);
    paddings.push_back(op.getPaddings()[index]);
  }
  auto first = cast<cvt::DepthwiseConvOp>(results.front().getOwner());
  auto fused = cvt::DepthwiseConvOp::create(
      builder, builder.getFusedLoc(locations), types, first.getInput(),
      builder.getArrayAttr(weights), builder.getArrayAttr(biases),
      first.getKernel(), strides, paddings);
  fused->setDiscardableAttrs(first->getDiscardableAttrDictionary());
  for (auto [result, replacement] :
       llvm::zip_equal(results, fused.getOutputs()))
    Value(result).replaceAllUsesWith(replacement);
}

/// Replaces `ops`, which share a key, in order, and returns by how many fewer.
size_t fuse(ArrayRef<cvt::DepthwiseConvOp> ops) {
  SmallVector<OpResult> used;
  for (cvt::DepthwiseConvOp op : ops)
    llvm::copy_if(op->getResults(), std::back_inserter(used),
                  [](OpResult result) { return !result.use_empty(); });
  // All read one value, which is defined before the first of them.
  OpBuilder builder(ops.front());
  size_t count = 0;
  for (ArrayRef<OpResult> rest = used; !rest.empty(); ++count) {
    size_t size = std::min(rest.size(), kMaxResults);
    fuseResults(builder, rest.take_front(size));
    rest = rest.drop_front(size);
  }
  for (cvt::DepthwiseConvOp op : ops)
    op->erase();
  return ops.size() - count;
}

struct FuseDepthwiseConvs
    : cvt::impl::FuseDepthwiseConvsPassBase<FuseDepthwiseConvs> {
  void runOnOperation() override {
    getOperation().walk([&](Block *block) {
      llvm::MapVector<Key, SmallVector<cvt::DepthwiseConvOp>> groups;
      for (auto op : block->getOps<cvt::DepthwiseConvOp>())
        groups[{op.getInput(), op.getKernel(),
                getElementTypeOrSelf(op.getOutputs().front()),
                op->getDiscardableAttrDictionary()}]
            .push_back(op);
      for (auto &[key, ops] : groups)
        numFused += fuse(ops);
    });
  }
};

} // namespace
