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

/// Of each token.  The bits of magnitudes, as integers, are ordered like them,
/// and those of NaN are above infinity's.
struct Extrema {
  /// Of every `width`th channel: lowest, highest, largest magnitude's bits.
  Func parts{"parts"};
  Func low{"low"}, high{"high"}, bits{"bits"};
  RDom chunk, lane;
  Var l{"l"};

  Extrema(const ImageParam &x, int channels, int width, Var t, Var b)
      : chunk(0, (channels + width - 1) / width, "chunk"),
        lane(0, width, "lane") {
    const Expr most = Float(32).max(), least = Float(32).min();
    // Repeating the last channel changes no extremum.
    Expr value = cast<float>(x(min(chunk * width + l, channels - 1), t, b));
    Expr magnitude = reinterpret<uint32_t>(value) & Expr(uint32_t(0x7fffffff));
    parts(l, t, b) = {most, least, Expr(uint32_t(0))};
    parts(l, t, b) = {min(parts(l, t, b)[0], value),
                      max(parts(l, t, b)[1], value),
                      max(parts(l, t, b)[2], magnitude)};
    low(t, b) = most;
    low(t, b) = min(low(t, b), parts(lane, t, b)[0]);
    high(t, b) = least;
    high(t, b) = max(high(t, b), parts(lane, t, b)[1]);
    bits(t, b) = Expr(uint32_t(0));
    bits(t, b) = max(bits(t, b), parts(lane, t, b)[2]);
  }

  void computeAt(Func consumer, Var at, int lanes) {
    parts.compute_at(consumer, at)
        .vectorize(l, lanes)
        .unroll(l)
        .update()
        .reorder(l, chunk)
        .vectorize(l, lanes)
        .unroll(l);
    for (Func f : {low, high, bits})
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

  // One row at a time: two outputs would be two passes.  Scales are bits: as a
  // float, no result may be NaN.
  Func scale("scale"), bytes("bytes"), out("out");
  const Expr infinity(uint32_t(0x7f800000)), nan(uint32_t(0x7fc00000));
  scale(t, b) = select(token.bits(t, b) > infinity, nan,
                       reinterpret<uint32_t>(extent * (1.f / 255.f)));
  RDom channel(0, channels, "channel"), byte(0, 4, "byte");
  // Of a token of equal values nothing but its offset is left.
  Expr inverse = select(extent > 0.f, 255.f / extent, 0.f);
  Expr steps = (cast<float>(x(channel, t, b)) - low) * inverse;
  bytes(c, t, b) = undef<uint8_t>();
  // From 2^23 on the lowest bit of a float is 1: the sum rounds to it.
  bytes(channel, t, b) =
      cast<uint8_t>(reinterpret<uint32_t>(steps + 8388608.f));
  for (const auto &[at, number] :
       {std::pair(channels, Expr(scale(t, b))),
        {channels + 4, reinterpret<uint32_t>(low)}})
    bytes(at + byte, t, b) =
        cast<uint8_t>(number >> cast<uint32_t>(8 * byte));
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
