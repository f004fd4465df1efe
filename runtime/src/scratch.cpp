//===- scratch.cpp - Memory that kernels ask for --------------------------===//
//
// A block's header takes one unit of alignment before the memory it describes.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/scratch.h"

#include "runtime/include/cvt/abi.h"

namespace cvt {

struct ScratchStack::Block {
  uint64_t below; ///< offset of the block under this one
  bool isFree;
};

ScratchStack::Block *ScratchStack::blockAt(uint64_t offset) const {
  return reinterpret_cast<Block *>(memory.data() + offset);
}

void *ScratchStack::allocate(uint64_t bytes) noexcept {
  static_assert(sizeof(Block) <= CVT_BUFFER_ALIGNMENT);
  const uint64_t left = memory.size() - used;
  // The first comparison keeps the rounding of the second from overflowing.
  if (bytes > left || CVT_SCRATCH_BYTES(bytes) > left)
    return nullptr;
  *blockAt(used) = {top, false};
  top = used;
  used += CVT_SCRATCH_BYTES(bytes);
  return memory.data() + top + CVT_BUFFER_ALIGNMENT;
}

bool ScratchStack::owns(const void *pointer) const noexcept {
  // Unsigned difference: large for addresses below the memory.
  return reinterpret_cast<uintptr_t>(pointer) -
             reinterpret_cast<uintptr_t>(memory.data()) <
         memory.size();
}

void ScratchStack::free(void *pointer) noexcept {
  const uint64_t offset =
      static_cast<uint8_t *>(pointer) - memory.data() - CVT_BUFFER_ALIGNMENT;
  blockAt(offset)->isFree = true;
  while (top != none && blockAt(top)->isFree) {
    used = top;
    top = blockAt(top)->below;
  }
}

} // namespace cvt
