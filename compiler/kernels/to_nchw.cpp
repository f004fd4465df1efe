//===- to_nchw.cpp - Tokens to channel-major images -----------------------===//
//
// Square blocks go through registers, so that both sides of the transpose are
// whole vectors.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const ToNchwSpec &spec) {
  const int lanes = builder.lanes();
  Var c("c"), t("t"), b("b"), ci("ci"), ti("ti"), block("block"), task("task");
  Func tile("tile"), out("out");
  tile(c, t, b) = builder.input("in")(c, t, b);
  out(t, c, b) = tile(c, t, b);
  builder.output(out);

  out.split(t, t, ti, lanes, TailStrategy::GuardWithIf)
      .split(c, c, ci, lanes, TailStrategy::GuardWithIf)
      .reorder(ti, ci, t, c, b)
      .vectorize(ti)
      .unroll(ci)
      .never_partition_all();
  tile.compute_at(out, t)
      .bound_storage(c, lanes)
      .bound_storage(t, lanes)
      .vectorize(c, lanes, TailStrategy::GuardWithIf)
      .never_partition_all();
  if (tasksPerImage(spec.channels * spec.tokens))
    out.fuse(c, b, task).parallel(task);
}

} // namespace cvt::kernels
