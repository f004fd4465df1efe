//===- dwconv.cpp - Depthwise convolutions of one input -------------------===//
//
// Each pass over the input makes the neighbouring outputs that have the same
// stride and padding (k and v of CvT), and loads every input once for them.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/cache_sets.h"
#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"
#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

namespace {

class Pass {
public:
  /// Makes the outputs first .. first + count - 1.
  Pass(KernelBuilder &builder, const DepthwiseConvSpec &spec, size_t first,
       size_t count)
      : builder(builder), spec(spec), first(first), count(count),
        kernel(spec.kernel), stride(spec.outputs[first].stride),
        padding(spec.outputs[first].padding),
        sum("sum" + std::to_string(first)), out("out" + std::to_string(first)) {
    define();
    schedule();
  }

private:
  /// The `j`-th value of a Func of `count` values.
  Expr value(const FuncRef &ref, size_t j) const {
    return count == 1 ? Expr(ref) : Expr(ref[static_cast<int>(j)]);
  }
  void setValues(FuncRef ref, const std::vector<Expr> &values) const {
    if (count == 1)
      ref = values[0];
    else
      ref = Tuple(values);
  }
  ImageParam input(const char *name, size_t j) const {
    return builder.input(name + std::to_string(first + j));
  }

  void define() {
    const int width = static_cast<int>(spec.width);
    const int height = static_cast<int>(spec.height);
    Expr fromX = x * stride - padding + r.x, fromY = y * stride - padding + r.y;
    Expr inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
    Expr pixel = builder.input("in")(c, clamp(fromX, 0, width - 1),
                                     clamp(fromY, 0, height - 1), b);
    pixel = select(inside, cast<float>(pixel), 0.f);

    std::vector<Expr> bias, added, result;
    for (size_t j = 0; j < count; j++)
      bias.push_back(input("bias", j)(c));
    setValues(sum(c, x, y, b), bias);
    for (size_t j = 0; j < count; j++)
      added.push_back(value(sum(c, x, y, b), j) +
                      pixel * input("w", j)(c, r.x, r.y));
    setValues(sum(c, x, y, b), added);
    for (size_t j = 0; j < count; j++)
      result.push_back(builder.toOutput(value(sum(c, x, y, b), j)));
    setValues(out(c, x, y, b), result);
    builder.output(out);
  }

  /// Vectors of channels that are computed side by side.  Where the inputs of
  /// `tile` outputs do not stay in the first-level cache beside the weights,
  /// whole cache lines are used as they come.
  int vectorsTogether(int tile) const {
    const int64_t pixels = ((tile - 1) * stride + kernel) * kernel;
    const int64_t rowBytes = spec.channels * elementBytes(Element::F32);
    const bool isHalfLine = builder.lanes() == 8;
    return isHalfLine && spec.channels % 16 == 0 &&
                   rowsCollide(rowBytes, pixels + kernel * kernel)
               ? 2
               : 1;
  }

  void schedule() {
    const int lanes = builder.lanes();
    const int64_t outWidth =
        convOutputExtent(spec.width, kernel, stride, padding);
    const int64_t outHeight =
        convOutputExtent(spec.height, kernel, stride, padding);
    // Up to 8 neighbours share loads of weights and, within a row, inputs.
    const int vectors = vectorsTogether(/*tile=*/8), mostPixels = 8 / vectors;
    const int tile = static_cast<int>(
        llvm::divideCeil(outWidth, llvm::divideCeil(outWidth, mostPixels)));
    // A task is some 2 us.
    const int64_t rowCost =
        outWidth * spec.channels * kernel * kernel * int64_t(count);
    const int64_t rowsPerTask = std::max<int64_t>(1, 12288 * lanes / rowCost);
    const int half = stepsPerHalf(outHeight);
    const int rows = static_cast<int>(
        llvm::divideCeil(half, llvm::divideCeil(half, rowsPerTask)));

    const TailStrategy tail = vectorTail(spec.channels, lanes);
    Var ci("ci"), xi("xi"), yHalf("yHalf"), block("block");
    out.split(c, c, ci, vectors * lanes, tail)
        .split(x, x, xi, tile, TailStrategy::ShiftInwards)
        .split(y, yHalf, y, half, TailStrategy::GuardWithIf)
        .split(y, block, y, rows, TailStrategy::GuardWithIf)
        .reorder(ci, xi, c, x, y, block, yHalf, b)
        .fuse(block, yHalf, block)
        .fuse(block, b, block)
        .parallel(block)
        .vectorize(ci, lanes)
        .unroll(ci)
        .unroll(xi)
        // Selecting zeros beyond the border costs less than the code of all
        // border cases.
        .never_partition_all();
    sum.compute_at(out, c)
        .bound_storage(c, vectors * lanes)
        .vectorize(c, lanes, tail)
        .unroll(c)
        .unroll(x);
    sum.update()
        .reorder(c, x, r.x, r.y)
        .vectorize(c, lanes, tail)
        .unroll(c)
        .unroll(x)
        .never_partition_all();
    if (kernel <= 5)
      sum.update().unroll(r.x);
    if (kernel <= 3)
      sum.update().unroll(r.y);
  }

  KernelBuilder &builder;
  const DepthwiseConvSpec &spec;
  const size_t first, count;
  const int kernel, stride, padding;
  Var c{"c"}, x{"x"}, y{"y"}, b{"b"};
  RDom r{0, kernel, 0, kernel, "r"};
  Func sum, out;
};

} // namespace

void buildKernel(KernelBuilder &builder, const DepthwiseConvSpec &spec) {
  const auto &outputs = spec.outputs;
  for (size_t first = 0, end; first < outputs.size(); first = end) {
    end = first + 1;
    while (end < outputs.size() && outputs[end] == outputs[first])
      end++;
    Pass(builder, spec, first, end - first);
  }
}

} // namespace cvt::kernels
