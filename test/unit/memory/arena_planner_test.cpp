//===- arena_planner_test.cpp - No two live buffers share bytes -----------===//

#include "compiler/memory/arena_planner.h"

#include <gtest/gtest.h>

#include <random>

using namespace cvt;

static constexpr int64_t kAlignment = 128;

static void expectNoOverlap(const std::vector<BufferLifetime> &buffers,
                            const ArenaPlan &plan) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % kAlignment, 0);
    EXPECT_LE(plan.offsets[i] + buffers[i].bytes, plan.bytes);
    for (size_t j = 0; j < i; ++j) {
      bool apartInTime = buffers[i].last < buffers[j].first ||
                         buffers[j].last < buffers[i].first;
      bool apartInSpace =
          plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
          plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(apartInTime || apartInSpace) << i << " and " << j;
    }
  }
}

TEST(ArenaPlanner, NothingNeedsNothing) {
  EXPECT_EQ(planArena({}, kAlignment).bytes, 0);
}

TEST(ArenaPlanner, DeadBuffersMakeRoom) {
  std::vector<BufferLifetime> buffers = {{256, 0, 1}, {256, 1, 2}, {256, 2, 3}};
  ArenaPlan plan = planArena(buffers, kAlignment);
  expectNoOverlap(buffers, plan);
  EXPECT_EQ(plan.bytes, 512);
}

TEST(ArenaPlanner, BuffersOfOneStepAreApart) {
  std::vector<BufferLifetime> buffers = {{100, 0, 0}, {1, 0, 0}, {129, 0, 0}};
  ArenaPlan plan = planArena(buffers, kAlignment);
  expectNoOverlap(buffers, plan);
  EXPECT_EQ(plan.bytes, 512);
}

/// Layers of a `small` buffer, a `large` one and a `small` one, each of which
/// is computed from the one before, after a buffer of `first` bytes.
static std::vector<BufferLifetime> makeLayers(int64_t first, int64_t small,
                                              int64_t large) {
  std::vector<BufferLifetime> buffers = {{first, 0, 1}};
  for (int64_t step = 1; step < 30; step += 3) {
    buffers.push_back({small, step, step + 1});
    buffers.push_back({large, step + 1, step + 2});
    buffers.push_back({small, step + 2, step + 3});
  }
  return buffers;
}

TEST(ArenaPlanner, BuffersOfOneSizeTakeTurns) {
  std::vector<BufferLifetime> buffers = makeLayers(4096, 256, 1024);
  ArenaPlan plan = planArena(buffers, kAlignment);
  expectNoOverlap(buffers, plan);
  EXPECT_EQ(plan.bytes, 4096 + 256);
  for (size_t i = 1; i < buffers.size(); ++i)
    for (size_t j = 1; j < i; ++j)
      if (buffers[i].bytes != buffers[j].bytes) {
        EXPECT_TRUE(plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                    plan.offsets[j] + buffers[j].bytes <= plan.offsets[i])
            << i << " and " << j;
      }
}

TEST(ArenaPlanner, TurnsTakeNoMoreMemory) {
  std::vector<BufferLifetime> buffers = {
      {256, 0, 0}, {1024, 1, 1}, {256, 2, 2}, {1024, 3, 3}};
  EXPECT_EQ(planArena(buffers, kAlignment).bytes, 1024);
}

TEST(ArenaPlanner, RandomLifetimesNeverClash) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<BufferLifetime> buffers;
    for (int i = 0; i < 40; ++i) {
      int64_t first = random() % 60;
      // Of few sizes in every other round.
      const int64_t bytes = round % 2 ? int64_t(random() % 5000) + 1
                                      : int64_t(random() % 4 + 1) * 1000;
      buffers.push_back({bytes, first, first + int64_t(random() % 8)});
    }
    expectNoOverlap(buffers, planArena(buffers, kAlignment));
  }
}
