//===- row_tasks.cpp - Schedules of kernels that work row by row ----------===//

#include "compiler/kernels/row_tasks.h"

#include "compiler/kernels/linear_blocking.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

TailStrategy vectorTail(int64_t extent, int lanes) {
  return extent % lanes ? TailStrategy::Predicate : TailStrategy::RoundUp;
}

int equalBlocks(int64_t extent, int lanes, int most) {
  int64_t vectors = llvm::divideCeil(extent, lanes);
  int block = most;
  while (vectors % block != 0)
    block--;
  return block * lanes;
}

int tasksPerImage(int64_t elements) {
  // 128 KB read and as much written, at about 50 GB/s.
  constexpr int64_t elementsPerTask = 32768;
  if (elements < elementsPerTask / 8)
    return 0;
  return static_cast<int>(std::max<int64_t>(1, elements / elementsPerTask));
}

int blocksPerTask(int64_t extent, int block, int tasks) {
  return static_cast<int>(
      llvm::divideCeil(llvm::divideCeil(extent, block), tasks));
}

int rowsTogether(int64_t tokens) {
  return static_cast<int>(std::min<int64_t>(tokens, 4));
}

Var scheduleRowTasks(Func out, int64_t channels, int64_t tokens,
                     const KernelBuilder &builder, int together) {
  Var token = out.args()[1], image = out.args()[2];
  Var half("half"), group("group"), block("block"), task("task");
  const int tasks = tasksPerImage(channels * tokens);
  if (tasks == 0) {
    out.split(token, group, token, together, TailStrategy::GuardWithIf);
    return group;
  }
  // A thread has in its caches what a linear layer then reads.
  const int rows =
      rowsOfHalf(channels, tokens, builder.formats(), builder.target());
  out.split(token, half, token, rows, TailStrategy::GuardWithIf)
      .split(token, group, token, together, TailStrategy::GuardWithIf)
      .split(group, block, group,
             blocksPerTask(rows, together, (tasks + 1) / 2),
             TailStrategy::GuardWithIf)
      .fuse(block, half, task)
      .fuse(task, image, task)
      .parallel(task);
  return group;
}

void computeRowStatistics(Func parts, const RDom &chunk,
                          const std::vector<Func> &wholes, const RDom &lane,
                          Func consumer, Var group, int rows, int lanes) {
  Var l = parts.args()[0], token = parts.args()[1];
  parts.compute_at(consumer, group)
      .bound_extent(token, rows)
      .vectorize(l, lanes)
      .unroll(l)
      .unroll(token)
      .update()
      .reorder(l, token, chunk)
      .vectorize(l, lanes)
      .unroll(l)
      .unroll(token);
  for (Func whole : wholes)
    whole.compute_at(consumer, group)
        .bound_extent(token, rows)
        .unroll(token)
        .update()
        .atomic()
        .vectorize(lane)
        .unroll(token);
}

Var scheduleRows(Func out, int64_t channels, int64_t tokens,
                 const KernelBuilder &builder, int together) {
  const int lanes = builder.lanes();
  out.vectorize(out.args()[0], lanes, vectorTail(channels, lanes))
      .unroll(out.args()[0], equalBlocks(channels, lanes, /*most=*/4) / lanes,
              TailStrategy::RoundUp)
      .never_partition_all();
  return scheduleRowTasks(out, channels, tokens, builder, together);
}

} // namespace cvt::kernels
