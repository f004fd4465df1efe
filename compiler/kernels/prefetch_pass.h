//===- prefetch_pass.h - Fetches weights before they are needed -----------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_PREFETCH_PASS_H
#define CVT_COMPILER_KERNELS_PREFETCH_PASS_H

#include <Halide.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cvt::kernels {

/// A kernel that goes over one block of an input several times before it turns
/// to the next.
struct StreamedInput {
  std::string name;
  int64_t blockBytes = 0;
  /// Bytes from a block to the next, in terms of lowered loops' variables.
  Halide::Expr stride;
  /// The loop over the times, about `passes` of them.
  std::string passLoop;
  int64_t passes = 0;
  /// Which loops ask for the next block, a part of `blockBytes` each.
  struct Reader {
    /// Of the function whose innermost loop it is.
    std::string function;
    /// From the first byte that the loop reads to its part of the block.
    int64_t offset;
  };
  /// If none, any loop asks for all of the block, which begins where it reads.
  std::vector<Reader> readers = {};
};

/// Makes `pipeline`, when it is compiled, ask for the block behind the one it
/// is busy with, a little in every iteration of the innermost loop.  What it
/// asks for may lie behind the buffer: a prefetch reads nothing, and in a
/// weights section that is where the next kernel's weights are.
void addPrefetch(Halide::Pipeline &pipeline, const StreamedInput &input);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_PREFETCH_PASS_H
