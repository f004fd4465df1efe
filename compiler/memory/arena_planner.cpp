//===- arena_planner.cpp - Offsets for buffers with known lifetimes -------===//

#include "compiler/memory/arena_planner.h"

#include <algorithm>
#include <set>

using namespace cvt;

static bool overlapInTime(const BufferLifetime &a, const BufferLifetime &b) {
  return a.first <= b.last && b.first <= a.last;
}

namespace {
/// Buffers of one size that take turns in one place, which is theirs from the
/// first use of the first of them to the last use of the last.
struct Slot {
  BufferLifetime life;
  std::vector<size_t> buffers;
};
} // namespace

/// The largest first, each at the lowest offset that is free throughout its
/// life.
static ArenaPlan placeLargestFirst(std::vector<Slot> slots, size_t bufferCount,
                                   int64_t alignment) {
  std::stable_sort(
      slots.begin(), slots.end(),
      [](const Slot &a, const Slot &b) { return a.life.bytes > b.life.bytes; });
  ArenaPlan plan;
  plan.offsets.resize(bufferCount);
  struct Place {
    BufferLifetime life;
    int64_t begin, end;
  };
  std::vector<Place> places; // by begin
  for (const Slot &slot : slots) {
    const int64_t bytes =
        (slot.life.bytes + alignment - 1) / alignment * alignment;
    int64_t begin = 0;
    for (const Place &other : places)
      if (overlapInTime(slot.life, other.life) && other.begin < begin + bytes)
        begin = std::max(begin, other.end);
    for (size_t buffer : slot.buffers)
      plan.offsets[buffer] = begin;
    plan.bytes = std::max(plan.bytes, begin + bytes);
    auto behind = std::upper_bound(
        places.begin(), places.end(), begin,
        [](int64_t offset, const Place &p) { return offset < p.begin; });
    places.insert(behind, {slot.life, begin, begin + bytes});
  }
  return plan;
}

/// As few slots as possible for the buffers of this size; the others as before.
static std::vector<Slot> shareSlots(std::vector<Slot> slots, int64_t bytes) {
  std::stable_sort(
      slots.begin(), slots.end(),
      [](const Slot &a, const Slot &b) { return a.life.first < b.life.first; });
  std::vector<Slot> result;
  for (const Slot &slot : slots) {
    auto free = std::find_if(result.begin(), result.end(), [&](const Slot &s) {
      return s.life.bytes == bytes && slot.life.bytes == bytes &&
             s.life.last < slot.life.first;
    });
    if (free == result.end()) {
      result.push_back(slot);
      continue;
    }
    free->life.last = slot.life.last;
    free->buffers.insert(free->buffers.end(), slot.buffers.begin(),
                         slot.buffers.end());
  }
  return result;
}

ArenaPlan cvt::planArena(const std::vector<BufferLifetime> &buffers,
                         int64_t alignment) {
  std::vector<Slot> slots;
  std::set<int64_t> sizes;
  for (size_t i = 0; i < buffers.size(); ++i) {
    slots.push_back({buffers[i], {i}});
    sizes.insert(buffers[i].bytes);
  }
  ArenaPlan plan = placeLargestFirst(slots, buffers.size(), alignment);
  const int64_t limit = plan.bytes;
  for (int64_t bytes : sizes) {
    std::vector<Slot> shared = shareSlots(slots, bytes);
    ArenaPlan other = placeLargestFirst(shared, buffers.size(), alignment);
    if (other.bytes > limit)
      continue;
    slots = std::move(shared);
    plan = std::move(other);
  }
  return plan;
}
