//===- avg_pool.cpp - Average pooling as torch.nn.AvgPool2d ---------------===//
//
// With ceil_mode a window may reach beyond the padding on the right and below:
// what lies there does not count, while padding counts as zeros.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/token_kernels.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const AvgPoolSpec &spec) {
  const int lanes = builder.lanes(), kernel = static_cast<int>(spec.kernel);
  const int stride = static_cast<int>(spec.stride);
  const int padding = static_cast<int>(spec.padding);
  const int width = static_cast<int>(spec.width);
  const int height = static_cast<int>(spec.height);

  Var c("c"), x("x"), y("y"), b("b"), task("task");
  RDom r(0, kernel, 0, kernel, "r");
  Expr left = x * stride - padding, top = y * stride - padding;
  Expr fromX = left + r.x, fromY = top + r.y;
  r.where(fromX >= 0 && fromX < width && fromY >= 0 && fromY < height);
  Func sum("sum"), out("out");
  sum(c, x, y, b) += builder.input("in")(c, clamp(fromX, 0, width - 1),
                                         clamp(fromY, 0, height - 1), b);
  Expr count = (min(left + kernel, width + padding) - left) *
               (min(top + kernel, height + padding) - top);
  out(c, x, y, b) = sum(c, x, y, b) / cast<float>(count);
  builder.output(out);

  const TailStrategy tail = channelTail(spec.channels, lanes);
  out.vectorize(c, lanes, tail)
      .reorder(c, x, y, b)
      .fuse(y, b, task)
      .parallel(task)
      .never_partition_all();
  sum.compute_at(out, x)
      .vectorize(c, lanes, TailStrategy::RoundUp)
      .update()
      .reorder(c, r.x, r.y)
      .vectorize(c, lanes, tail)
      .never_partition_all();
}

} // namespace cvt::kernels
