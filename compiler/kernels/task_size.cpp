//===- task_size.cpp - How products are cut into chunks and tasks ---------===//

#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace cvt::kernels {

int evenChunk(int count, int longest, int shortest) {
  for (int chunks = llvm::divideCeil(count, longest);
       count / chunks >= shortest; chunks++)
    if (count % chunks == 0)
      return count / chunks;
  return count;
}

int stepsPerTask(int64_t steps, int64_t multiplyAdds, int64_t panels,
                 int lanes) {
  // At two vector multiply-adds a cycle: from about 4 to about 16 us a task,
  // 32 tasks an image in between.
  const int64_t least = 32768 * lanes, most = 4 * least;
  int64_t perTask = std::clamp(steps * multiplyAdds * panels / 32, least, most);
  int64_t size = std::max<int64_t>(1, perTask / multiplyAdds);
  int64_t tasks = llvm::divideCeil(steps, size);
  // Two or four threads then own the same rows in every loop.
  if (tasks > 1)
    tasks = llvm::alignTo(tasks, 4);
  return static_cast<int>(llvm::divideCeil(steps, tasks));
}

int stepsPerHalf(int64_t steps, int perTask) {
  return std::max(perTask, static_cast<int>(llvm::divideCeil(steps, 2)));
}

} // namespace cvt::kernels
