//===- quantized_tokens.h - Floats among bytes, for tests -----------------===//

#ifndef CVT_TEST_UNIT_KERNELS_QUANTIZED_TOKENS_H
#define CVT_TEST_UNIT_KERNELS_QUANTIZED_TOKENS_H

#include "test/unit/kernels/guarded_buffer.h"

#include <bit>

namespace cvt::kernels {

/// The f32 in the bytes of `tokens` (u8) from `first` on.
inline float getFloat(const GuardedBuffer &tokens, int first, int t,
                      int b = 0) {
  uint32_t bits = 0;
  for (int i = 3; i >= 0; i--)
    bits = bits << 8 | static_cast<uint32_t>(tokens(first + i, t, b));
  return std::bit_cast<float>(bits);
}

inline void setFloat(const GuardedBuffer &tokens, int first, int t,
                     float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; i++)
    tokens(first + i, t) = static_cast<float>(bits >> (8 * i) & 255);
}

} // namespace cvt::kernels

#endif // CVT_TEST_UNIT_KERNELS_QUANTIZED_TOKENS_H
