//===- fuse_epilogues.cpp - Activation and residual in the linear layer ---===//

#include "compiler/transforms/passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_FUSEEPILOGUESPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

/// The linear layer that makes `value` for its only user and can still take a
/// residual, or null.
cvt::LinearOp openLinear(Value value) {
  auto linear = value.getDefiningOp<cvt::LinearOp>();
  return linear && value.hasOneUse() && !linear.getResidual() ? linear
                                                              : cvt::LinearOp();
}

struct FuseActivation : OpRewritePattern<cvt::GeluOp> {
  FuseActivation(MLIRContext *context, Pass::Statistic &numFused)
      : OpRewritePattern(context), numFused(numFused) {}

  LogicalResult matchAndRewrite(cvt::GeluOp gelu,
                                PatternRewriter &rewriter) const override {
    cvt::LinearOp linear = openLinear(gelu.getInput());
    if (!linear || linear.getActivation() != cvt::Activation::None)
      return failure();
    rewriter.modifyOpInPlace(linear,
                             [&] { linear.setActivation(gelu.getFunction()); });
    rewriter.replaceOp(gelu, linear);
    ++numFused;
    return success();
  }

private:
  Pass::Statistic &numFused;
};

struct FuseResidual : OpRewritePattern<cvt::AddOp> {
  FuseResidual(MLIRContext *context, Pass::Statistic &numFused)
      : OpRewritePattern(context), numFused(numFused) {}

  LogicalResult matchAndRewrite(cvt::AddOp add,
                                PatternRewriter &rewriter) const override {
    cvt::LinearOp left = openLinear(add.getLhs());
    cvt::LinearOp right = openLinear(add.getRhs());
    if (!left && !right)
      return failure();
    bool takesRight =
        !left || (right && left->getBlock() == right->getBlock() &&
                  left->isBeforeInBlock(right));
    cvt::LinearOp linear = takesRight ? right : left;
    Value residual = takesRight ? add.getLhs() : add.getRhs();
    // Both operands are defined above the sum, so there the linear layer may
    // read either.
    rewriter.moveOpBefore(linear, add);
    rewriter.modifyOpInPlace(
        linear, [&] { linear.getResidualMutable().assign(residual); });
    rewriter.replaceOp(add, linear);
    ++numFused;
    return success();
  }

private:
  Pass::Statistic &numFused;
};

struct FuseEpilogues : cvt::impl::FuseEpiloguesPassBase<FuseEpilogues> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseActivation>(&getContext(), numActivations);
    patterns.add<FuseResidual>(&getContext(), numResiduals);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
