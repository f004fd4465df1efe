//===- conv.cpp - Strided convolution as an implicit matrix product -------===//
//
// A task copies the input of a few output rows into a buffer with zeros around
// it; from there the product reads every operand as it is, and no matrix of
// patches exists.  The pixels of these rows are one run of matrix rows, so
// that narrow images fill register tiles as well.  In i8 the copy is of bytes,
// and each pixel has a scale.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/pixel_bytes.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <optional>

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

  Blocking(const Geometry &g, int64_t n, Element math, CpuTarget target) {
    const int columns = matmulTile(n, 1, math, target).columns;
    const int panels = llvm::divideCeil(n, columns);
    const int64_t rowCost = int64_t(g.outWidth) * columns * panels *
                            g.channels * g.kernel * g.kernel;
    // Fewer pixels would waste much of the last register tile, and more copy
    // input rows that the next task copies again.  Weights that do not stay in
    // the third-level cache are read from memory for each task.
    constexpr int64_t cachedBytes = 16 << 20;
    const int64_t weightBytes = int64_t(columns) * panels * g.channels *
                                g.kernel * g.kernel * elementBytes(math);
    const int leastPixels = weightBytes > cachedBytes ? 96 : 24;
    // Rounding to bytes takes longer than copying.
    const int leastRows = math == Element::I8 ? 2 : 1;
    imageRows = std::max(
        {leastRows, int(llvm::divideCeil(leastPixels, g.outWidth)),
         stepsPerTask(g.outHeight, rowCost, 1, cpuTargetInfo(target).lanes)});
    imageRows = std::min(imageRows, g.outHeight);
    tile = matmulTile(n, imageRows * g.outWidth, math, target, g.outWidth);
    tile.rows = std::min(tile.rows, imageRows * g.outWidth);
    // Sharing a copy of the input between tasks' panels is not worth idle
    // threads.
    constexpr int leastTasks = 8;
    int blocks = llvm::divideCeil(g.outHeight, imageRows);
    panelsPerTask =
        llvm::divideCeil(panels, llvm::divideCeil(leastTasks, blocks));
  }
};

/// sum(j, p, panel, b): column j of a panel, for pixel p of image b; from NHWC
/// in f32 the sum of part(j, p, panel, b, y) of each run y of pixels in a row
/// of the window, in i8 of each of its pixels, which have scales of their own.
struct Product {
  Var j{"j"}, p{"p"}, panel{"panel"}, b{"b"}, y{"y"};
  Func padded{"padded"}, sum{"sum"}, part{"part"};
  RDom k, chunk;
  /// Of `padded`, in i8.
  std::optional<PixelBytes> pixels;

  Product(KernelBuilder &builder, const ConvSpec &spec, const Geometry &g) {
    const bool nchw = spec.layout == ImageLayout::Nchw;
    if (builder.formats().math == Element::I8)
      defineI8(builder, g);
    else if (builder.interleave() == 1)
      nchw ? defineNchw(builder, g) : defineNhwc(builder, g);
    else
      nchw ? defineNchwPairs(builder, g) : defineNhwcPairs(builder, g);
  }

private:
  /// `in` with zeros around it.
  void pad(KernelBuilder &builder, const Geometry &g, bool nchw) {
    ImageParam in = builder.input("in");
    Var c("c"), x("x"), y("y");
    Expr fromX = x - g.padding, fromY = y - g.padding;
    Expr inside =
        fromX >= 0 && fromX < g.width && fromY >= 0 && fromY < g.height;
    fromX = clamp(fromX, 0, g.width - 1);
    fromY = clamp(fromY, 0, g.height - 1);
    auto orZero = [&](const Expr &pixel) {
      Expr value = select(inside, pixel, 0.f);
      // Rounding to bytes takes more than one number.
      return builder.formats().math == Element::I8 ? value
                                                   : builder.toOperand(value);
    };
    if (nchw)
      padded(x, y, c, b) = orZero(in(fromX, fromY, c, b));
    else
      padded(c, x, y, b) = orZero(in(c, fromX, fromY, b));
  }
  Expr patchX(const Geometry &g, const Expr &kx) const {
    return p % g.outWidth * g.stride + kx;
  }
  Expr patchY(const Geometry &g, const Expr &ky) const {
    return p / g.outWidth * g.stride + ky;
  }

  void defineNchw(KernelBuilder &builder, const Geometry &g) {
    pad(builder, g, /*nchw=*/true);
    k = RDom(0, g.kernel, 0, g.kernel, 0, g.channels, "k");
    sum(j, p, panel, b) +=
        padded(patchX(g, k.x), patchY(g, k.y), k.z, b) *
        cast<float>(builder.input("w")(
            j, k.x + g.kernel * (k.y + g.kernel * k.z), panel));
  }
  /// Pairs of neighbours in x; the last one of an odd window ends behind it,
  /// with a weight of zero.
  void defineNchwPairs(KernelBuilder &builder, const Geometry &g) {
    pad(builder, g, /*nchw=*/true);
    const int pairs = llvm::divideCeil(g.kernel, 2);
    k = RDom(0, 2, 0, pairs, 0, g.kernel, 0, g.channels, "k");
    sum(j, p, panel, b) +=
        cast<float>(padded(patchX(g, k.x + 2 * k.y), patchY(g, k.z), k.w, b)) *
        cast<float>(builder.input("w")(
            k.x, j, k.y + pairs * (k.z + g.kernel * k.w), panel));
  }
  void defineNhwc(KernelBuilder &builder, const Geometry &g) {
    pad(builder, g, /*nchw=*/false);
    // Long sums lose digits, and short ones take time to be added up.
    constexpr int longest = 128;
    const int run = evenChunk(g.kernel, std::max(1, longest / g.channels),
                              /*shortest=*/1);
    k = RDom(0, g.channels, 0, run, "k");
    chunk = RDom(0, g.kernel * g.kernel / run, "chunk");
    Expr pixel = k.y + run * y;
    part(j, p, panel, b, y) +=
        padded(k.x, patchX(g, pixel % g.kernel), patchY(g, pixel / g.kernel),
               b) *
        cast<float>(builder.input("w")(j, k.x + g.channels * pixel, panel));
    sum(j, p, panel, b) += part(j, p, panel, b, chunk);
  }
  void defineNhwcPairs(KernelBuilder &builder, const Geometry &g) {
    pad(builder, g, /*nchw=*/false);
    const int steps = g.channels / 2;
    k = RDom(0, 2, 0, steps, 0, g.kernel, 0, g.kernel, "k");
    sum(j, p, panel, b) +=
        cast<float>(padded(k.x + 2 * k.y, patchX(g, k.z), patchY(g, k.w), b)) *
        cast<float>(builder.input("w")(
            k.x, j, k.y + steps * (k.z + g.kernel * k.w), panel));
  }
  void defineI8(KernelBuilder &builder, const Geometry &g) {
    pad(builder, g, /*nchw=*/false);
    pixels.emplace(padded, g.channels, builder.operandType(), builder.lanes());
    const int f = builder.interleave(), steps = g.channels / f;
    k = RDom(0, f, 0, steps, "k");
    chunk = RDom(0, g.kernel * g.kernel, "chunk");
    Expr x = patchX(g, y % g.kernel), row = patchY(g, y / g.kernel);
    part(j, p, panel, b, y) = -pixels->surplus(x, row, b);
    part(j, p, panel, b, y) +=
        cast<int>(builder.input("w")(k.x, j, k.y + steps * y, panel)) *
        cast<int>(pixels->byte(k.x + f * k.y, x, row, b));
    sum(j, p, panel, b) += cast<float>(part(j, p, panel, b, chunk)) *
                           pixels->scale(patchX(g, chunk % g.kernel),
                                         patchY(g, chunk / g.kernel), b);
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const ConvSpec &spec) {
  const Geometry g(spec);
  const Blocking blocking(g, spec.n, builder.formats().math, builder.target());
  const MatmulTile &tile = blocking.tile;
  const int lanes = builder.lanes();
  const bool nchw = spec.layout == ImageLayout::Nchw;

  Product product(builder, spec, g);
  Func padded = product.padded, sum = product.sum, out("out");
  Var n("n"), p("p"), b("b");
  Expr value = sum(n % tile.columns, p, n / tile.columns, b);
  if (product.pixels)
    value *= builder.input("scales")(n);
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
  // A tile lies in one panel.
  sum.bound_extent(product.panel, 1);
  if (product.chunk.defined())
    computeInChunks(product.part.bound_extent(product.panel, 1), product.k, sum,
                    product.chunk, LoopLevel(out, step), Var("rowTile"),
                    /*maxTiles=*/1, tile, lanes,
                    /*sideBySide=*/product.pixels.has_value());
  else
    computeInRegisters(sum, LoopLevel(out, step), product.k, tile, lanes,
                       /*sideBySide=*/product.k.dimensions() > 3);
  if (nchw && g.kernel <= 8)
    sum.update().unroll(product.k.dimensions() > 3 ? product.k.y : product.k.x);
  if (product.pixels)
    return product.pixels->computeAt(out, task);
  padded.compute_at(out, task);
  if (nchw)
    padded.vectorize(padded.args()[0], lanes, TailStrategy::RoundUp);
  else
    padded.vectorize(padded.args()[0], lanes,
                     g.channels % lanes ? TailStrategy::Predicate
                                        : TailStrategy::RoundUp);
}

} // namespace cvt::kernels
