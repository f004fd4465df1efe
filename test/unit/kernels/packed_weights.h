//===- packed_weights.h - Weights in panels, for tests --------------------===//

#ifndef CVT_TEST_UNIT_KERNELS_PACKED_WEIGHTS_H
#define CVT_TEST_UNIT_KERNELS_PACKED_WEIGHTS_H

#include "test/unit/kernels/guarded_buffer.h"

#include <cmath>

namespace cvt::kernels {

/// The weight of input `k` for output `n` in `w` (columns, K, panels), or
/// (interleave, columns, K / interleave, panels).
inline float &packedWeight(const GuardedBuffer &w, int n, int k) {
  if (w.dimensions() == 3)
    return w(n % w.extent(0), k, n / w.extent(0));
  return w(k % w.extent(0), n % w.extent(1), k / w.extent(0), n / w.extent(1));
}

/// Makes sums over `k` products about as large as one of them, and zeroes the
/// columns from `n` on.
inline void scalePackedWeights(const GuardedBuffer &w, int64_t n, int64_t k) {
  const size_t column = w.dimensions() - 3;
  w.forEach([&](auto &i, float &value) {
    bool exists = i[column] + w.extent(column) * i[column + 2] < n;
    value = exists ? value / std::sqrt(static_cast<float>(k)) : 0;
  });
  w.encode();
  w.decode();
}

} // namespace cvt::kernels

#endif // CVT_TEST_UNIT_KERNELS_PACKED_WEIGHTS_H
