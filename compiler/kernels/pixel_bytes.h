//===- pixel_bytes.h - Pixels to 8 bits, each on a scale of its own -------===//
//
// What a convolution in 8 bits multiplies with unsigned weights.  Private to
// this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_PIXEL_BYTES_H
#define CVT_COMPILER_KERNELS_PIXEL_BYTES_H

#include <Halide.h>

namespace cvt::kernels {

/// Of f32 pixel(c, x, y, b): byte(c, x, y, b), rounded to a 127th of the
/// largest magnitude of the pixel, its scale(x, y, b), the f32 that a byte
/// counts, and surplus(x, y, b), what kWeightZero in every weight adds to the
/// sum of its products.  The scale of a pixel with a NaN or an infinity is not
/// finite; of a pixel of zeros, and of one with less than 2^-120, all bytes and
/// the surplus are 0.
class PixelBytes {
public:
  /// Added to weights, since what bytes with a sign are multiplied with has
  /// none.
  static constexpr int kWeightZero = 128;

  Halide::Func byte{"byte"}, scale{"scale"}, surplus{"surplus"};

  /// Of `channels`, at most kMaxByteProducts; bytes are stored as `stored`.
  PixelBytes(Halide::Func pixel, int channels, Halide::Type stored, int lanes);

  /// Computes all in loop `at` of `consumer`.
  void computeAt(Halide::Func consumer, Halide::Var at);

private:
  const int lanes;
  /// Channels in one step.
  const int width;
  Halide::Var c{"c"}, x{"x"}, y{"y"}, b{"b"}, l{"l"};
  Halide::RDom chunk, lane, channel;
  Halide::Func parts{"parts"}, top{"top"}, inverse{"inverse"};
};

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_PIXEL_BYTES_H
