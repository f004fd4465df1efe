//===- layer_norm.cpp - Layer norm over channels --------------------------===//
//
// Two passes over each row, which stays in the first-level cache: the variance
// of centred values loses no digits however far the mean is from zero.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/token_kernels.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const LayerNormSpec &spec) {
  const int channels = static_cast<int>(spec.channels);
  const int lanes = builder.lanes();
  // Several vectors of partial sums, so that additions overlap.
  const int width =
      lanes * std::min<int>(4, llvm::divideCeil(spec.channels, lanes));

  ImageParam x = builder.input("x");
  Var c("c"), t("t"), b("b"), l("l");
  RDom chunk(0, static_cast<int>(llvm::divideCeil(spec.channels, width)), "chunk");
  RDom lane(0, width, "lane");
  if (channels % width)
    chunk.where(chunk * width + l < channels);
  Func partial("partial"), mean("mean"), partialSquares("partialSquares"),
      squares("squares"), scale("scale"), out("out");
  Expr value = x(chunk * width + l, t, b);
  partial(l, t, b) += value;
  mean(t, b) += partial(lane, t, b) * (1.f / channels);
  partialSquares(l, t, b) += (value - mean(t, b)) * (value - mean(t, b));
  squares(t, b) += partialSquares(lane, t, b);
  scale(t, b) = 1.f / sqrt(squares(t, b) * (1.f / channels) + spec.epsilon);
  out(c, t, b) = (x(c, t, b) - mean(t, b)) * scale(t, b) *
                     builder.input("gamma")(c) +
                 builder.input("beta")(c);
  builder.output(out);

  Var row = scheduleRows(out, spec.channels, spec.tokens, lanes);
  for (Func f : {partial, partialSquares})
    f.compute_at(out, row)
        .vectorize(l, lanes)
        .unroll(l)
        .update()
        .reorder(l, chunk)
        .vectorize(l, lanes)
        .unroll(l);
  for (Func f : {mean, squares})
    f.compute_at(out, row).update().atomic().vectorize(lane);
  scale.compute_at(out, row);
}

} // namespace cvt::kernels
