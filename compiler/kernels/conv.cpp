//===- conv.cpp - Strided convolution as an implicit matrix product -------===//
//
// A task copies the input of a few output rows into a buffer with zeros around
// it; from there the product reads every operand as it is, and no matrix of
// patches exists.  The pixels of these rows are one run of matrix rows, so
// that narrow images fill register tiles as well.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/register_tile.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

namespace {

/// A ConvSpec in Halide's integers, with what follows from it.
struct Geometry {
  int channels, width, height, kernel, stride, padding, outWidth, outHeight;

  explicit Geometry(const ConvSpec &s)
      : channels(s.channels), width(s.width), height(s.height),
        kernel(s.kernel), stride(s.stride), padding(s.padding),
        outWidth(convOutputExtent(s.width, s.kernel, s.stride, s.padding)),
        outHeight(convOutputExtent(s.height, s.kernel, s.stride, s.padding)) {}
};

/// How the outputs of one image are cut into tasks.
struct Blocking {
  int imageRows;
  MatmulTile tile;
  int panelsPerTask;

  Blocking(const Geometry &g, int64_t n, CpuTarget target) {
    const int columns = matmulTile(n, 1, target).columns;
    const int panels = llvm::divideCeil(n, columns);
    const int64_t rowCost = int64_t(g.outWidth) * columns * panels *
                            g.channels * g.kernel * g.kernel;
    // Fewer pixels would waste much of the last register tile, and more copy
    // input rows that the next task copies again.
    constexpr int leastPixels = 24;
    imageRows = std::max<int>(
        llvm::divideCeil(leastPixels, g.outWidth),
        stepsPerTask(g.outHeight, rowCost, 1, cpuTargetInfo(target).lanes));
    imageRows = std::min(imageRows, g.outHeight);
    tile = matmulTile(n, imageRows * g.outWidth, target, g.outWidth);
    tile.rows = std::min(tile.rows, imageRows * g.outWidth);
    // Sharing a copy of the input between tasks' panels is not worth idle
    // threads.
    constexpr int leastTasks = 8;
    int blocks = llvm::divideCeil(g.outHeight, imageRows);
    panelsPerTask =
        llvm::divideCeil(panels, llvm::divideCeil(leastTasks, blocks));
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const ConvSpec &spec) {
  const Geometry g(spec);
  const Blocking blocking(g, spec.n, builder.target());
  const MatmulTile &tile = blocking.tile;
  const int lanes = builder.lanes();
  const bool nchw = spec.layout == ImageLayout::Nchw;

  ImageParam in = builder.input("in"), w = builder.input("w");
  Var n("n"), p("p"), b("b"), c("c"), x("x"), y("y");
  Func padded("padded"), sum("sum"), out("out");
  Expr fromX = x - g.padding, fromY = y - g.padding;
  Expr inside = fromX >= 0 && fromX < g.width && fromY >= 0 && fromY < g.height;
  fromX = clamp(fromX, 0, g.width - 1);
  fromY = clamp(fromY, 0, g.height - 1);
  if (nchw)
    padded(x, y, c, b) = select(inside, in(fromX, fromY, c, b), 0.f);
  else
    padded(c, x, y, b) = select(inside, in(c, fromX, fromY, b), 0.f);

  RDom k = nchw ? RDom(0, g.kernel, 0, g.kernel, 0, g.channels, "k")
                : RDom(0, g.channels, 0, g.kernel, 0, g.kernel, "k");
  Expr kx = nchw ? k.x : k.y, ky = nchw ? k.y : k.z;
  Expr patchX = p % g.outWidth * g.stride + kx;
  Expr patchY = p / g.outWidth * g.stride + ky;
  Expr flatK = nchw ? k.x + g.kernel * (k.y + g.kernel * k.z)
                    : k.x + g.channels * (k.y + g.kernel * k.z);
  sum(n, p, b) +=
      (nchw ? padded(patchX, patchY, k.z, b) : padded(k.x, patchX, patchY, b)) *
      w(n % tile.columns, flatK, n / tile.columns);
  Expr value = sum(n, p, b);
  if (spec.bias)
    value += builder.input("bias")(n);
  out(n, p, b) = value;
  builder.output(out);

  Var panel("panel"), ni("ni"), group("group"), block("block"), step("step"),
      pi("pi"), task("task");
  // Blocks and tiles at the end move inwards and compute some pixels again.
  out.split(n, panel, ni, tile.columns,
            spec.n % tile.columns ? TailStrategy::Predicate
                                  : TailStrategy::RoundUp)
      .split(panel, group, panel, blocking.panelsPerTask,
             TailStrategy::GuardWithIf)
      .split(p, block, step, blocking.imageRows * g.outWidth,
             TailStrategy::ShiftInwards)
      .split(step, step, pi, tile.rows, TailStrategy::ShiftInwards)
      .reorder(ni, pi, step, panel, block, group, b)
      .vectorize(ni, lanes)
      .unroll(ni)
      .fuse(block, group, task)
      .fuse(task, b, task)
      .parallel(task)
      .never_partition_all();
  computeInRegisters(sum, out, step, k, tile, lanes);
  if (nchw && g.kernel <= 8)
    sum.update().unroll(k.x);
  padded.compute_at(out, task);
  if (nchw)
    padded.vectorize(x, lanes, TailStrategy::RoundUp);
  else
    padded.vectorize(c, lanes,
                     g.channels % lanes ? TailStrategy::Predicate
                                        : TailStrategy::RoundUp);
}

} // namespace cvt::kernels
