//===- to_nchw.cpp - Tokens to channel-major images -----------------------===//
//
// Vectors of tokens, loaded one by one: what is fetched for a vector is a
// cache line of each of its tokens, which serves the next channels as well.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const ToNchwSpec &spec) {
  const int lanes = builder.lanes();
  Var c("c"), t("t"), b("b"), ti("ti"), group("group"), task("task");
  Func out("out");
  out(t, c, b) = builder.input("in")(c, t, b);
  builder.output(out);

  const int64_t tasks = std::max(1, tasksPerImage(spec.channels * spec.tokens));
  const int channelsPerTask = static_cast<int>(
      llvm::alignTo(llvm::divideCeil(spec.channels, tasks), lanes));
  out.split(t, t, ti, lanes, vectorTail(spec.tokens, lanes))
      .split(c, group, c, channelsPerTask, TailStrategy::GuardWithIf)
      .reorder(ti, c, t, group, b)
      .vectorize(ti)
      .fuse(group, b, task)
      .parallel(task)
      .never_partition_all();
}

} // namespace cvt::kernels
