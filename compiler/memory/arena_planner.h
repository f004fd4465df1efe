//===- arena_planner.h - Offsets for buffers with known lifetimes ---------===//

#ifndef CVT_COMPILER_MEMORY_ARENA_PLANNER_H
#define CVT_COMPILER_MEMORY_ARENA_PLANNER_H

#include <cstdint>
#include <vector>

namespace cvt {

/// A buffer that exists from step `first` to step `last`, both included.
struct BufferLifetime {
  int64_t bytes;
  int64_t first;
  int64_t last;
};

struct ArenaPlan {
  /// One for each buffer, multiples of the alignment.
  std::vector<int64_t> offsets;
  /// Bytes of the arena, a multiple of the alignment.
  int64_t bytes = 0;
};

/// Places buffers so that no two that exist at the same step overlap.  Those of
/// one size take turns in as few places as possible, and no other buffer is in
/// these places in between, as far as that takes no more memory: a thread that
/// has the same rows of each buffer finds them in its own caches, where it
/// wrote the same rows of the last buffer in that place.  The same input gives
/// the same plan.
ArenaPlan planArena(const std::vector<BufferLifetime> &buffers,
                    int64_t alignment);

} // namespace cvt

#endif // CVT_COMPILER_MEMORY_ARENA_PLANNER_H
