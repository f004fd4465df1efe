//===- row_tasks.h - Schedules of kernels that work row by row ------------===//
//
// A row is the channels of one token.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ROW_TASKS_H
#define CVT_COMPILER_KERNELS_ROW_TASKS_H

#include "compiler/kernels/kernel_builder.h"

#include <Halide.h>

#include <cstdint>
#include <vector>

namespace cvt::kernels {

/// How to make vectors of `extent` elements without touching what lies behind
/// the last one, and without writing any of them twice: kernels may work in
/// place.
Halide::TailStrategy vectorTail(int64_t extent, int lanes);

/// The elements of as many vectors, at most `most` of them, as divide the
/// vectors of `extent` elements into equal blocks.
int equalBlocks(int64_t extent, int lanes, int most);

/// Into how many tasks of at least some 5 us to cut the work of one image that
/// touches `elements` elements, each about once; 0 when images are so small
/// that a whole batch of them is not worth several tasks.
int tasksPerImage(int64_t elements);

/// How many blocks of `block` of the `extent` elements of one image go into
/// each of `tasks` tasks.
int blocksPerTask(int64_t extent, int block, int tasks);

/// Rows of an image of `tokens` whose statistics are best computed side by
/// side: those of one row are a chain of steps, each of which waits for the one
/// before.
int rowsTogether(int64_t tokens);

/// Cuts `out`(channel, token, image), where an image has `tokens` rows of
/// `channels`, into groups of `together` rows, of which the last may have
/// fewer, and blocks of groups as tasks, as many for either half of the rows:
/// where tasksPerImage has one, two of half its time.  Returns the loop over
/// the groups of a task.
Halide::Var scheduleRowTasks(Halide::Func out, int64_t channels, int64_t tokens,
                             const KernelBuilder &builder, int together);

/// Computes statistics of `rows` rows side by side in loop `group` of
/// `consumer`: `parts`(lane, token, image), in vectors of `lanes`, whose update
/// goes over `chunk`, and `wholes`(token, image), whose updates go over `lane`.
void computeRowStatistics(Halide::Func parts, const Halide::RDom &chunk,
                          const std::vector<Halide::Func> &wholes,
                          const Halide::RDom &lane, Halide::Func consumer,
                          Halide::Var group, int rows, int lanes);

/// Schedules `out`(channel, token, image) of `tokens` rows of `channels`:
/// vectors of channels, and tasks as scheduleRowTasks makes and returns them.
Halide::Var scheduleRows(Halide::Func out, int64_t channels, int64_t tokens,
                         const KernelBuilder &builder, int together = 1);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ROW_TASKS_H
