//===- quantize.cpp - Tokens to 8 bits, each on a scale of its own --------===//
//
// Some tokens are read twice: for their extrema, then, from the first-level
// cache, to be rounded.  Extrema are those of integers with the order of the
// floats: of bf16, a vector has twice as many, and NaNs are beyond infinities.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

#include "llvm/ADT/bit.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

namespace {

/// The integer of a float's size that is as far up as the float is, and back:
/// the bits of negative numbers but their sign are inverted.
Expr inOrder(const Expr &bits) {
  return bits ^ ((bits >> (bits.type().bits() - 1)) & bits.type().max());
}

/// low, high(t, b) of x(c, t, b).
struct Extrema {
  /// Of the channels in one lane of the vectors: lowest, highest.
  Func parts{"parts"};
  Func low{"low"}, high{"high"};
  RDom chunk, lane;
  Var l{"l"};
  /// Of integers in a vector.
  int lanes;

  /// Tokens behind the last are as the last.
  Extrema(const ImageParam &x, const QuantizeSpec &spec, int vectorBytes, Var t,
          Var b)
      : lanes(vectorBytes / x.type().bytes()) {
    // Several vectors, so that comparisons overlap.
    const int channels = static_cast<int>(spec.channels);
    const int width = equalBlocks(channels, lanes, /*most=*/2);
    const Type integer = Int(x.type().bits());
    chunk = RDom(0, (channels + width - 1) / width, "chunk");
    lane = RDom(0, width, "lane");
    // Repeating the last channel changes no extremum.
    Expr channel = min(chunk * width + l, channels - 1);
    Expr token = min(t, static_cast<int>(spec.tokens) - 1);
    Expr value = inOrder(reinterpret(integer, x(channel, token, b)));
    parts(l, t, b) = {integer.max(), integer.min()};
    parts(l, t, b) = {min(parts(l, t, b)[0], value),
                      max(parts(l, t, b)[1], value)};
    low(t, b) = integer.max();
    low(t, b) = min(low(t, b), parts(lane, t, b)[0]);
    high(t, b) = integer.min();
    high(t, b) = max(high(t, b), parts(lane, t, b)[1]);
  }

  /// Whether one of the x is NaN.
  Expr hasNan(const ImageParam &x, Var t, Var b) const {
    const int infinity = x.type().is_bfloat() ? 0x7f80 : 0x7f800000;
    return cast<int>(high(t, b)) > infinity || cast<int>(low(t, b)) < ~infinity;
  }

  /// Of `rows` tokens side by side in loop `at` of `consumer`.
  void computeAt(Func consumer, Var at, int rows) {
    computeRowStatistics(parts, chunk, {low, high}, lane, consumer, at, rows,
                         lanes);
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const QuantizeSpec &spec) {
  const int channels = static_cast<int>(spec.channels);
  const int lanes = builder.lanes();
  ImageParam x = builder.input("x");
  Var c("c"), t("t"), b("b");
  Extrema token(x, spec, 4 * lanes, t, b);
  auto number = [&](const Expr &ordered) {
    return cast<float>(reinterpret(x.type(), inOrder(ordered)));
  };

  // One output: two would be two passes.  Scales are bits: as a
  // float, no result may be NaN.
  Func low("lowest"), scale("scale"), inverse("inverse"), bytes("bytes"),
      out("out");
  low(t, b) = number(token.low(t, b));
  Expr extent = number(token.high(t, b)) - low(t, b);
  scale(t, b) = select(token.hasNan(x, t, b), Expr(uint32_t(0x7fc00000)),
                       reinterpret<uint32_t>(extent * (1.f / 255.f)));
  // Of a token of equal values nothing but its offset is left.
  inverse(t, b) = select(extent > 0.f, 255.f / extent, 0.f);
  RDom channel(0, channels, "channel"), byte(0, 4, "byte");
  Expr steps =
      (cast<float>(x(channel, t, b)) - low(t, b)) * inverse(t, b) + 8388608.f;
  bytes(c, t, b) = undef<uint8_t>();
  // From 2^23 on the lowest bit of a float is 1: the sum rounds to it.
  bytes(channel, t, b) = cast<uint8_t>(reinterpret<uint32_t>(steps));
  for (const auto &[at, bits] :
       {std::pair(channels, Expr(scale(t, b))),
        {channels + 4, reinterpret<uint32_t>(low(t, b))}})
    bytes(at + byte, t, b) = cast<uint8_t>(bits >> cast<uint32_t>(8 * byte));
  out(c, t, b) = bytes(c, t, b);
  builder.output(out);

  const int rows = rowsTogether(spec.tokens);
  Var group = scheduleRowTasks(out, channels, spec.tokens, builder, rows);
  // The last bytes of a row are copied with some of those before them.
  const int width = std::min<int>(4 * lanes, llvm::bit_floor(channels + 8u));
  out.vectorize(c, width, TailStrategy::ShiftInwards).never_partition_all();
  bytes.compute_at(out, t);
  bytes.update(0).vectorize(channel, lanes, TailStrategy::Predicate);
  for (int tail : {1, 2})
    bytes.update(tail).unroll(byte);
  for (Func f : {low, scale, inverse})
    f.compute_at(out, group).bound_extent(t, rows).vectorize(t);
  token.computeAt(out, group, rows);
}

} // namespace cvt::kernels
