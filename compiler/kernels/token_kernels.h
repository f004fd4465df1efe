//===- token_kernels.h - Schedules of kernels that work row by row --------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_TOKEN_KERNELS_H
#define CVT_COMPILER_KERNELS_TOKEN_KERNELS_H

#include <Halide.h>

namespace cvt::kernels {

/// How a loop of `extent` channels becomes vectors without touching what lies
/// behind the last channel.
inline Halide::TailStrategy channelTail(int64_t extent, int lanes) {
  return extent % lanes ? Halide::TailStrategy::Predicate
                        : Halide::TailStrategy::RoundUp;
}

/// Schedules `out`(channel, token, image) for `tokens` tokens of `channels`:
/// vectors of channels, and tasks of as many rows as pay for starting them.
/// Returns the loop over the rows of a task.
Halide::Var scheduleRows(Halide::Func out, int64_t channels, int64_t tokens,
                         int lanes);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_TOKEN_KERNELS_H
