//===- token_mean.cpp - Mean of all tokens of an image --------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

#include <llvm/Support/MathExtras.h>

using namespace Halide;

namespace cvt::kernels {

/// Keeps `width` channels of a sum over `tokens` in registers at `place`.
static void scheduleTokenSum(Func sum, const LoopLevel &place,
                             const RVar &tokens, int width, int lanes) {
  Var c = sum.args().front();
  sum.compute_at(place)
      .bound_storage(c, width)
      .vectorize(c, lanes)
      .update()
      .reorder(c, tokens)
      .vectorize(c, lanes, TailStrategy::GuardWithIf)
      .never_partition_all();
  if (width > lanes) {
    sum.unroll(c);
    sum.update().unroll(c);
  }
}

void buildKernel(KernelBuilder &builder, const TokenMeanSpec &spec) {
  const int tokens = static_cast<int>(spec.tokens), lanes = builder.lanes();
  // Sums of one block stay in registers while all tokens pass by.
  const int width = equalBlocks(spec.channels, lanes, /*most=*/8);

  // Sums of runs of tokens are added up as doubles: those of thousands of
  // tokens of a flat image would all be rounded to the same side.
  constexpr int run = 32;

  Var c("c"), t("t"), b("b"), ci("ci"), group("group"), task("task"), i("i");
  RDom r(0, run, "r"),
      runs(0, static_cast<int>(llvm::divideCeil(tokens, run)), "runs");
  r.where(i * run + r < tokens);
  Func runSum("run_sum"), sum("sum"), out("out");
  // The minimum shows what the condition says: nothing behind is read.
  Expr token = min(i * run + r, tokens - 1);
  runSum(c, i, b) += builder.input("in")(c, token, b);
  sum(c, b) += cast<double>(runSum(c, runs, b));
  out(c, t, b) = cast<float>(sum(c, b) / tokens);
  builder.output(out);

  out.split(c, c, ci, width, vectorTail(spec.channels, width))
      .reorder(ci, t, c, b)
      .vectorize(ci, lanes)
      .unroll(ci)
      .never_partition_all();
  scheduleTokenSum(sum, {out, t}, runs, width, lanes);
  scheduleTokenSum(runSum, {sum, runs}, r, width, lanes);
  // Hardly anything is written.
  if (int tasks = tasksPerImage(spec.channels * tokens / 2))
    out.split(c, group, c, blocksPerTask(spec.channels, width, tasks),
              TailStrategy::GuardWithIf)
        .fuse(group, b, task)
        .parallel(task);
}

} // namespace cvt::kernels
