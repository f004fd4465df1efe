//===- task_size.h - How products are cut into chunks and tasks -----------===//
//
// Known without Halide.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_TASK_SIZE_H
#define CVT_COMPILER_KERNELS_TASK_SIZE_H

#include <cstdint>

namespace cvt::kernels {

/// The longest equal parts into which `count` can be cut that are at most
/// `longest`, or all of it if they would be shorter than `shortest`.
int evenChunk(int count, int longest, int shortest);

/// How many iterations of `steps` equal ones, `multiplyAdds` each, go into one
/// task: enough to hide the cost of starting it, few enough that the tasks of
/// one image, `panels` times as many, occupy several threads evenly.
int stepsPerTask(int64_t steps, int64_t multiplyAdds, int64_t panels,
                 int lanes);

/// How many of the `steps` of an image to take together before they are cut
/// into tasks of `perTask`: half of them, so that two threads have equal
/// shares.  Of 33 steps, tasks of 9 would give them 18 and 15.
int stepsPerHalf(int64_t steps, int perTask = 1);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_TASK_SIZE_H
