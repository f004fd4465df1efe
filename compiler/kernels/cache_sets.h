//===- cache_sets.h - What a set-associative cache can hold ---------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_CACHE_SETS_H
#define CVT_COMPILER_KERNELS_CACHE_SETS_H

#include <cstdint>
#include <numeric>

namespace cvt::kernels {

/// Whether one cache line of each of `rows` rows, at the same place in all of
/// them and `rowBytes` from one row to the next, is more than a first-level
/// cache of 32 KB with 8 ways holds: rows 4 KB apart have 8 places in all.
inline bool rowsCollide(int64_t rowBytes, int64_t rows) {
  constexpr int64_t ways = 8, wayBytes = 32768 / ways;
  return rows > ways * (wayBytes / std::gcd(rowBytes, wayBytes));
}

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_CACHE_SETS_H
