//===- convolve.h - Weighted sums of 8-bit pixels -------------------------===//
//
// The inner loops of the resize.  A weight is a fixed-point number with 22
// binary places; a result is the sum of products plus one half, shifted right
// by 22 and clamped to 0..255, in 32-bit arithmetic.
//
// The loops use pmaddwd, which multiplies 16-bit numbers and adds neighbours,
// so a weight is stored as high * 2^15 + low, and weights come in pairs.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_CONVOLVE_H
#define CVT_RUNTIME_IMAGE_CONVOLVE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cvt::image {

inline constexpr int weightBits = 22;

/// Two neighbouring weights; the first is in the lower half of each number.
struct WeightPair {
  uint32_t low;
  uint32_t high;
};

/// Appends `weights` to `pairs`, with a zero at the end if they are odd in
/// number.  Every weight is in (-2^30, 2^30).
void appendPairs(std::span<const int32_t> weights,
                 std::vector<WeightPair> &pairs);

/// One RGB pixel from `count` >= 1 neighbouring ones at `in`; writes 3 bytes.
/// `pairs` has (count + 1) / 2 elements.
void convolvePixel(const uint8_t *in, size_t count, const WeightPair *pairs,
                   uint8_t *out);

/// One row of `bytes` bytes from `count` >= 1 rows, the first at `in`, the
/// others `stride` bytes apart.
void convolveRows(const uint8_t *in, size_t stride, size_t count,
                  const WeightPair *pairs, size_t bytes, uint8_t *out);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_CONVOLVE_H
