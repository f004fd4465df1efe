//===- avg_pool.cpp - Average pooling as torch.nn.AvgPool2d ---------------===//
//
// With ceil_mode a window may reach beyond the padding on the right and below:
// what lies there does not count, while padding counts as zeros.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

namespace {

/// The windows of one axis.
struct Axis {
  int extent, kernel, stride, padding;

  Expr start(const Expr &window) const { return window * stride - padding; }
  Expr count(const Expr &window) const {
    return min(start(window) + kernel, extent + padding) - start(window);
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const AvgPoolSpec &spec) {
  const int kernel = static_cast<int>(spec.kernel);
  const int stride = static_cast<int>(spec.stride);
  const int padding = static_cast<int>(spec.padding);
  const int width = static_cast<int>(spec.width);
  const int height = static_cast<int>(spec.height);
  const Axis columns{width, kernel, stride, padding};
  const Axis rows{height, kernel, stride, padding};
  const int lanes = builder.lanes();
  const int block = equalBlocks(spec.channels, lanes, /*most=*/4);

  Var c("c"), x("x"), y("y"), b("b"), ci("ci"), rowGroup("rowGroup"),
      task("task");
  RDom r(0, kernel, 0, kernel, "r");
  Expr fromX = columns.start(x) + r.x, fromY = rows.start(y) + r.y;
  r.where(fromX >= 0 && fromX < width && fromY >= 0 && fromY < height);
  Func sum("sum"), out("out");
  sum(c, x, y, b) += builder.input("in")(c, clamp(fromX, 0, width - 1),
                                         clamp(fromY, 0, height - 1), b);
  out(c, x, y, b) =
      sum(c, x, y, b) / cast<float>(columns.count(x) * rows.count(y));
  builder.output(out);

  out.split(c, c, ci, block, vectorTail(spec.channels, block))
      .reorder(ci, c, x, y, b)
      .vectorize(ci, lanes)
      .unroll(ci)
      .never_partition_all();
  sum.compute_at(out, c)
      .bound_storage(c, block)
      .vectorize(c, lanes)
      .unroll(c)
      .update()
      .reorder(c, r.x, r.y)
      .vectorize(c, lanes, TailStrategy::GuardWithIf)
      .unroll(c)
      .never_partition_all();

  const int outHeight =
      static_cast<int>(avgPoolOutputExtent(height, kernel, stride, padding));
  if (int tasks = tasksPerImage(spec.channels * height * width))
    out.split(y, rowGroup, y, (outHeight + tasks - 1) / tasks,
              TailStrategy::GuardWithIf)
        .fuse(rowGroup, b, task)
        .parallel(task);
}

} // namespace cvt::kernels
