//===- token_mean.cpp - Mean of all tokens of an image --------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const TokenMeanSpec &spec) {
  const int tokens = static_cast<int>(spec.tokens), lanes = builder.lanes();
  // Sums of one block stay in registers while all tokens pass by.
  const int width = equalBlocks(spec.channels, lanes, /*most=*/8);

  Var c("c"), t("t"), b("b"), ci("ci"), group("group"), task("task");
  RDom r(0, tokens, "r");
  Func sum("sum"), out("out");
  sum(c, b) += builder.input("in")(c, r, b);
  out(c, t, b) = sum(c, b) / tokens;
  builder.output(out);

  out.split(c, c, ci, width, vectorTail(spec.channels, width))
      .reorder(ci, t, c, b)
      .vectorize(ci, lanes)
      .unroll(ci)
      .never_partition_all();
  sum.compute_at(out, t)
      .bound_storage(c, width)
      .vectorize(c, lanes)
      .unroll(c)
      .update()
      .reorder(c, r)
      .vectorize(c, lanes, TailStrategy::GuardWithIf)
      .unroll(c)
      .never_partition_all();
  // Hardly anything is written.
  if (int tasks = tasksPerImage(spec.channels * tokens / 2))
    out.split(c, group, c, blocksPerTask(spec.channels, width, tasks),
              TailStrategy::GuardWithIf)
        .fuse(group, b, task)
        .parallel(task);
}

} // namespace cvt::kernels
