//===- fold_batch_norm.cpp - Batch norm as part of the convolution --------===//
//
// At inference a batch norm is a factor and a summand for each channel, which
// the convolution before it takes into its weight and bias.
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

/// Where a weight that is made of `sources` can stand: before the function of
/// `user`, or behind the last of them.
Block::iterator placeOf(SymbolTable &symbols, Operation *user,
                        ArrayRef<FlatSymbolRefAttr> sources) {
  Operation *function =
      symbols.getOp()->getRegion(0).findAncestorOpInRegion(*user);
  Block::iterator place(function);
  for (FlatSymbolRefAttr source : sources) {
    Operation *weight = symbols.lookup(source.getValue());
    if (place != function->getBlock()->end() &&
        !weight->isBeforeInBlock(&*place))
      place = std::next(Block::iterator(weight));
  }
  return place;
}

/// Adds to the module the weight that `step` makes of `sources`, named
/// `name` or like it.
FlatSymbolRefAttr addFolded(SymbolTable &symbols, Operation *user,
                            const Twine &name, cvt::PrepareStep step,
                            ArrayRef<FlatSymbolRefAttr> sources,
                            ArrayRef<int64_t> shape, FloatAttr epsilon) {
  OpBuilder builder(user->getContext());
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  auto prepare = cvt::PrepareOp::create(builder, user->getLoc(), name.str(),
                                        step, sources, type, epsilon);
  return FlatSymbolRefAttr::get(
      symbols.insert(prepare, placeOf(symbols, user, sources)));
}

void fold(cvt::ConvProjectionOp op, SymbolTable &symbols) {
  int64_t channels = cvt::channelsOf(op.getInput());
  int64_t kernel = op.getKernel();
  StringRef name = op.getWeight();
  FlatSymbolRefAttr weight =
      addFolded(symbols, op, name + ".folded", cvt::PrepareStep::FoldBnWeight,
                {op.getWeightAttr(), op.getGammaAttr(), op.getVarianceAttr()},
                {channels, 1, kernel, kernel}, op.getEpsilonAttr());
  FlatSymbolRefAttr bias = addFolded(symbols, op, name + ".folded_bias",
                                     cvt::PrepareStep::FoldBnBias,
                                     {op.getGammaAttr(), op.getBetaAttr(),
                                      op.getMeanAttr(), op.getVarianceAttr()},
                                     {channels}, op.getEpsilonAttr());

  OpBuilder builder(op);
  auto conv = cvt::DepthwiseConvOp::create(
      builder, op.getLoc(), op->getResultTypes(), op.getInput(),
      builder.getArrayAttr({weight}), builder.getArrayAttr({bias}),
      op.getKernel(), ArrayRef<int64_t>(op.getStride()),
      ArrayRef<int64_t>(op.getPadding()));
  op->replaceAllUsesWith(conv);
  op->erase();
}

struct FoldBatchNorm : cvt::impl::FoldBatchNormPassBase<FoldBatchNorm> {
  void runOnOperation() override {
    SymbolTableCollection tables;
    getOperation().walk([&](cvt::ConvProjectionOp op) {
      // A nested module has weights of its own.
      fold(op, tables.getSymbolTable(op->getParentOfType<ModuleOp>()));
      ++numFolded;
    });
  }
};

} // namespace
