//===- layer_norm.cpp - Layer norm over channels --------------------------===//
//
// Three passes over a few rows, which stay in the first-level cache: the
// variance of centred values loses no digits however far the mean is from
// zero.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const LayerNormSpec &spec) {
  const int channels = static_cast<int>(spec.channels);
  const int lanes = builder.lanes();
  // Several vectors of partial sums, so that additions overlap.
  const int width = equalBlocks(channels, lanes, /*most=*/4);
  const int rows = rowsTogether(spec.tokens);

  ImageParam x = builder.input("x");
  Var c("c"), t("t"), b("b"), l("l");
  RDom chunk(0, (channels + width - 1) / width, "chunk");
  RDom lane(0, width, "lane");
  Expr channel = chunk * width + l;
  if (channels % width != 0) {
    chunk.where(channel < channels);
    channel = unsafe_promise_clamped(channel, 0, channels - 1);
  }
  Func sums("sums"), sum("sum"), mean("mean"), squareSums("squareSums"),
      squareSum("squareSum"), scale("scale"), out("out");
  // Rows behind the last are as the last.
  Expr row = min(t, static_cast<int>(spec.tokens) - 1);
  sums(l, t, b) += x(channel, row, b);
  sum(t, b) += sums(lane, t, b);
  mean(t, b) = sum(t, b) / channels;
  Expr centred = x(channel, row, b) - mean(t, b);
  squareSums(l, t, b) += centred * centred;
  squareSum(t, b) += squareSums(lane, t, b);
  scale(t, b) = 1.f / sqrt(squareSum(t, b) / channels + spec.epsilon);
  out(c, t, b) = builder.toOutput((x(c, t, b) - mean(t, b)) * scale(t, b) *
                                      builder.input("gamma")(c) +
                                  builder.input("beta")(c));
  builder.output(out);

  Var group = scheduleRows(out, channels, spec.tokens, builder, rows);
  computeRowStatistics(sums, chunk, {sum}, lane, out, group, rows, lanes);
  computeRowStatistics(squareSums, chunk, {squareSum}, lane, out, group, rows,
                       lanes);
  for (Func f : {mean, scale})
    f.compute_at(out, group).bound_extent(t, rows).vectorize(t);
}

} // namespace cvt::kernels
