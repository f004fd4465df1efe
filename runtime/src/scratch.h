//===- scratch.h - Memory that kernels ask for ----------------------------===//
//
// Each thread of a session has a stack of scratch memory.  Kernels allocate a
// handful of temporaries in a task and free them before it ends.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_SCRATCH_H
#define CVT_RUNTIME_SCRATCH_H

#include <cstdint>
#include <span>

namespace cvt {

/// A stack allocator over memory that it does not own.  One thread at a time.
class ScratchStack {
public:
  /// `memory` is aligned to CVT_BUFFER_ALIGNMENT.
  explicit ScratchStack(std::span<uint8_t> memory) : memory(memory) {}

  /// Takes CVT_SCRATCH_BYTES(bytes); null if that is more than is left.
  void *allocate(uint64_t bytes) noexcept;

  /// Whether `pointer` came from this stack.
  bool owns(const void *pointer) const noexcept;

  /// Frees what allocate returned.  Space is reused once everything above it
  /// is free: Halide frees a temporary after its last use, in any order.
  void free(void *pointer) noexcept;

private:
  struct Block;
  Block *blockAt(uint64_t offset) const;

  static constexpr uint64_t none = UINT64_MAX;
  std::span<uint8_t> memory;
  uint64_t used = 0;
  uint64_t top = none; ///< offset of the last block
};

} // namespace cvt

#endif // CVT_RUNTIME_SCRATCH_H
