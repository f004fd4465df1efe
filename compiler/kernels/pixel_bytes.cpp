//===- pixel_bytes.cpp - Pixels to 8 bits, each on a scale of its own -----===//

#include "compiler/kernels/pixel_bytes.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

static constexpr float kMaxByte = 127;
/// From 2^23 on the lowest bit of a float is 1: a sum with it has the other
/// summand, rounded, in its low byte.
static constexpr float kRounder = 12582912.f; // 1.5 * 2^23
/// Bits of 2^-120: lesser numbers have no inverse, nothing is left of them.
static constexpr uint32_t kLeastTop = 0x03800000;

PixelBytes::PixelBytes(Func pixel, int channels, int lanes)
    : lanes(lanes), width(std::min(4 * lanes, channels & -channels)) {
  chunk = RDom(0, channels / width, "chunk");
  lane = RDom(0, width, "lane");
  channel = RDom(0, channels, "channel");
  // Without sign, bits are in the order of magnitudes, NaN the last.
  Expr magnitude = reinterpret<uint32_t>(pixel(chunk * width + l, x, y, b)) &
                   Expr(uint32_t(0x7fffffff));
  parts(l, x, y, b) = Expr(uint32_t(0));
  parts(l, x, y, b) = max(parts(l, x, y, b), magnitude);
  top(x, y, b) = Expr(uint32_t(0));
  top(x, y, b) = max(top(x, y, b), parts(lane, x, y, b));
  Expr largest = reinterpret<float>(top(x, y, b));
  scale(x, y, b) = largest * (1 / kMaxByte);
  inverse(x, y, b) = select(top(x, y, b) >= Expr(kLeastTop),
                            kMaxByte / largest, 0.f);
  byte(c, x, y, b) = cast<int8_t>(cast<uint8_t>(reinterpret<uint32_t>(
      pixel(c, x, y, b) * inverse(x, y, b) + kRounder)));
  surplus(x, y, b) += cast<int>(Expr(uint8_t(kWeightZero))) *
                    cast<int>(byte(channel, x, y, b));
}

void PixelBytes::computeAt(Func consumer, Var at) {
  top.compute_at(consumer, at).update().atomic().vectorize(lane);
  parts.compute_at(top, x)
      .vectorize(l, std::min(lanes, width))
      .unroll(l)
      .update()
      .reorder(l, chunk)
      .vectorize(l, std::min(lanes, width))
      .unroll(l);
  scale.compute_at(consumer, at).vectorize(x, lanes);
  inverse.compute_at(consumer, at).vectorize(x, lanes);
  byte.compute_at(consumer, at).vectorize(c, width);
  surplus.compute_at(consumer, at)
      .update()
      .atomic()
      .vectorize(channel, width);
}

} // namespace cvt::kernels
