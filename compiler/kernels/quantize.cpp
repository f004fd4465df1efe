//===- quantize.cpp - Tokens to 8 bits, each on a scale of its own --------===//
//
// A token is read twice: for its extrema, then, from the first-level cache, to
// be rounded.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

namespace {

/// Of each token; a NaN in it makes `sum` NaN.
struct Extrema {
  /// Of every `width`th channel: lowest, highest, sum.
  Func parts{"parts"};
  Func low{"low"}, high{"high"}, sum{"sum"};
  RDom chunk, lane;
  Var l{"l"};

  Extrema(const ImageParam &x, int channels, int width, Var t, Var b)
      : chunk(0, (channels + width - 1) / width, "chunk"),
        lane(0, width, "lane") {
    const Expr most = Float(32).max(), least = Float(32).min();
    // Repeating the last channel changes no extremum.
    Expr value = cast<float>(x(min(chunk * width + l, channels - 1), t, b));
    parts(l, t, b) = {most, least, 0.f};
    parts(l, t, b) = {min(parts(l, t, b)[0], value),
                      max(parts(l, t, b)[1], value), parts(l, t, b)[2] + value};
    low(t, b) = most;
    low(t, b) = min(low(t, b), parts(lane, t, b)[0]);
    high(t, b) = least;
    high(t, b) = max(high(t, b), parts(lane, t, b)[1]);
    sum(t, b) += parts(lane, t, b)[2];
  }

  void computeAt(Func consumer, Var at, int lanes) {
    parts.compute_at(consumer, at)
        .vectorize(l, lanes)
        .unroll(l)
        .update()
        .reorder(l, chunk)
        .vectorize(l, lanes)
        .unroll(l);
    for (Func f : {low, high, sum})
      f.compute_at(consumer, at).update().atomic().vectorize(lane);
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const QuantizeSpec &spec) {
  const int channels = static_cast<int>(spec.channels);
  const int lanes = builder.lanes();
  ImageParam x = builder.input("x");
  Var c("c"), t("t"), b("b");
  // Several vectors of partial extrema, so that comparisons overlap.
  Extrema token(x, channels, equalBlocks(channels, lanes, /*most=*/4), t, b);
  Expr low = token.low(t, b), extent = token.high(t, b) - low;

  // One row at a time: two outputs would be two passes.
  Func scale("scale"), bytes("bytes"), out("out");
  // The sum is too little to change anything, unless it is NaN.
  scale(t, b) = strict_float(extent * (1.f / 255.f) + token.sum(t, b) * 1e-30f);
  RDom channel(0, channels, "channel"), byte(0, 4, "byte");
  // Of a token of equal values nothing but its offset is left.
  Expr inverse = select(extent > 0.f, 255.f / extent, 0.f);
  Expr steps = (cast<float>(x(channel, t, b)) - low) * inverse;
  bytes(c, t, b) = undef<uint8_t>();
  bytes(channel, t, b) = cast<uint8_t>(clamp(cast<int>(steps + 0.5f), 0, 255));
  for (const auto &[at, number] :
       {std::pair(channels, Expr(scale(t, b))), {channels + 4, low}})
    bytes(at + byte, t, b) = cast<uint8_t>(reinterpret<uint32_t>(number) >>
                                           cast<uint32_t>(8 * byte));
  out(c, t, b) = bytes(c, t, b);
  builder.output(out);

  Var row = scheduleRows(out, channels + 8, spec.tokens, lanes);
  bytes.compute_at(out, row);
  bytes.update(0).vectorize(channel, lanes).unroll(channel, 4);
  for (int number : {1, 2})
    bytes.update(number).unroll(byte);
  scale.compute_at(out, row);
  token.computeAt(out, row, lanes);
}

} // namespace cvt::kernels
