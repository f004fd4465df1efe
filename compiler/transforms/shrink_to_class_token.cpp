//===- shrink_to_class_token.cpp - One token where one is used ------------===//

#include "compiler/transforms/passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_SHRINKTOCLASSTOKENPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

/// The operands of which row i of the result depends on row i alone, if `op`
/// is one of those that can compute any number of rows.  No token is taken of
/// quantized rows.
SmallVector<OpOperand *> rowOperands(Operation *op) {
  SmallVector<OpOperand *> operands;
  if (isa<cvt::LinearOp, cvt::LayerNormOp, cvt::GeluOp, cvt::AddOp>(op))
    for (OpOperand &operand : op->getOpOperands())
      operands.push_back(&operand);
  if (auto attention = dyn_cast<cvt::AttentionOp>(op))
    operands.push_back(&attention.getQueryMutable());
  if (llvm::any_of(operands, [](OpOperand *operand) {
        return getElementTypeOrSelf(operand->get()).isInteger();
      }))
    return {};
  return operands;
}

/// Moves the class token's extraction above the op that it reads.
struct TakeBeforeOp : OpRewritePattern<cvt::TakeClassTokenOp> {
  TakeBeforeOp(MLIRContext *context, Pass::Statistic &numShrunk)
      : OpRewritePattern(context), numShrunk(numShrunk) {}

  LogicalResult matchAndRewrite(cvt::TakeClassTokenOp take,
                                PatternRewriter &rewriter) const override {
    Operation *op = take.getInput().getDefiningOp();
    auto isTake = llvm::IsaPred<cvt::TakeClassTokenOp>;
    if (!op || !llvm::all_of(op->getUsers(), isTake))
      return failure();
    SmallVector<OpOperand *> operands = rowOperands(op);
    if (operands.empty())
      return failure();

    rewriter.setInsertionPoint(op);
    SmallVector<Operation *> takes = llvm::to_vector(op->getUsers());
    rewriter.modifyOpInPlace(op, [&] {
      for (OpOperand *operand : operands)
        operand->set(cvt::TakeClassTokenOp::create(rewriter, op->getLoc(),
                                                   operand->get()));
      op->getResult(0).setType(take.getType());
    });
    for (Operation *user : takes)
      rewriter.replaceOp(user, op);
    ++numShrunk;
    return success();
  }

private:
  Pass::Statistic &numShrunk;
};

struct ShrinkToClassToken
    : cvt::impl::ShrinkToClassTokenPassBase<ShrinkToClassToken> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<TakeBeforeOp>(&getContext(), numShrunk);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
