//===- pixel_bytes.cpp - Pixels to 8 bits, each on a scale of its own -----===//

#include "compiler/kernels/pixel_bytes.h"

#include "compiler/kernels/signed_bytes.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

PixelBytes::PixelBytes(Func pixel, int channels, Type stored, int lanes)
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
  scale(x, y, b) = reinterpret<float>(top(x, y, b)) * (1 / kMaxByte);
  inverse(x, y, b) = bytesPer(top(x, y, b));
  byte(c, x, y, b) = cast(stored, cast<int8_t>(cast<uint8_t>(roundedWord(
                                      pixel(c, x, y, b) * inverse(x, y, b)))));
  surplus(x, y, b) +=
      cast<int>(Expr(uint8_t(kWeightZero))) * cast<int>(byte(channel, x, y, b));
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
  surplus.compute_at(consumer, at).update().atomic().vectorize(channel, width);
}

} // namespace cvt::kernels
