//===- arena_planner.cpp - Offsets for buffers with known lifetimes -------===//

#include "compiler/memory/arena_planner.h"

#include <algorithm>
#include <numeric>

using namespace cvt;

static bool overlapInTime(const BufferLifetime &a, const BufferLifetime &b) {
  return a.first <= b.last && b.first <= a.last;
}

ArenaPlan cvt::planArena(const std::vector<BufferLifetime> &buffers,
                         int64_t alignment) {
  auto aligned = [&](size_t i) {
    return (buffers[i].bytes + alignment - 1) / alignment * alignment;
  };
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return buffers[a].bytes > buffers[b].bytes;
  });

  ArenaPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<size_t> placed; // by offset
  for (size_t buffer : order) {
    int64_t offset = 0;
    for (size_t other : placed)
      if (overlapInTime(buffers[buffer], buffers[other]) &&
          plan.offsets[other] < offset + aligned(buffer))
        offset = std::max(offset, plan.offsets[other] + aligned(other));
    plan.offsets[buffer] = offset;
    plan.bytes = std::max(plan.bytes, offset + aligned(buffer));
    auto behind = std::upper_bound(
        placed.begin(), placed.end(), offset,
        [&](int64_t o, size_t p) { return o < plan.offsets[p]; });
    placed.insert(behind, buffer);
  }
  return plan;
}
