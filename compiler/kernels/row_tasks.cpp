//===- row_tasks.cpp - Schedules of kernels that work row by row ----------===//

#include "compiler/kernels/row_tasks.h"

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

void scheduleRowTasks(Func out, int64_t channels, int64_t tokens) {
  Var token = out.args()[1], image = out.args()[2];
  Var block("block"), task("task");
  if (int tasks = tasksPerImage(channels * tokens))
    out.split(token, block, token, blocksPerTask(tokens, 1, tasks),
              TailStrategy::GuardWithIf)
        .fuse(block, image, task)
        .parallel(task);
}

Var scheduleRows(Func out, int64_t channels, int64_t tokens, int lanes) {
  Var channel = out.args()[0], token = out.args()[1];
  out.vectorize(channel, lanes, vectorTail(channels, lanes))
      .unroll(channel, equalBlocks(channels, lanes, /*most=*/4) / lanes,
              TailStrategy::RoundUp)
      .never_partition_all();
  scheduleRowTasks(out, channels, tokens);
  return token;
}

} // namespace cvt::kernels
