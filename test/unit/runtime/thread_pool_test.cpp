//===- thread_pool_test.cpp - Threads of a session ------------------------===//
//
// Each task exactly once, whatever the numbers of threads and tasks, spinning
// or asleep.  Meant to be run under the thread sanitizer too.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <sched.h>
#include <set>

using namespace cvt;

namespace {
/// A loop whose tasks count their calls in plain, unsynchronised memory: what
/// the pool promises has to suffice.
struct Loop {
  ThreadPool &pool;
  std::vector<int> calls;
  int first = 0;

  static int32_t count(void *context, int32_t index, uint8_t *closure) {
    Loop &loop = *static_cast<Loop *>(context);
    EXPECT_EQ(closure, reinterpret_cast<uint8_t *>(&loop));
    ++loop.calls[index - loop.first];
    return 0;
  }

  void runOnce(int tasks) {
    calls.assign(tasks, 0);
    EXPECT_EQ(
        pool.run(count, this, first, tasks, reinterpret_cast<uint8_t *>(this)),
        0);
    for (int i = 0; i < tasks; ++i)
      ASSERT_EQ(calls[i], 1) << i;
  }
};
} // namespace

TEST(ThreadPool, EachTaskOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    Loop loop{pool, {}};
    for (int tasks : {0, 1, 2, 3, 7, 64, 1000}) {
      loop.first = tasks - 3;
      loop.runOnce(tasks);
    }
  }
}

namespace {
/// Two tasks that wait for each other, so that no thread can run both.
struct Meeting {
  std::atomic<int> arrived{0};
  int threadOf[2] = {-1, -1};

  static int32_t meet(void *context, int32_t index, uint8_t *) {
    Meeting &meeting = *static_cast<Meeting *>(context);
    meeting.threadOf[index] = ThreadPool::currentThread();
    meeting.arrived.fetch_add(1);
    while (meeting.arrived.load() != 2)
      std::this_thread::yield();
    return 0;
  }
};
} // namespace

TEST(ThreadPool, EachThreadHasThePartThatItHadBefore) {
  ThreadPool pool(2);
  for (int i = 0; i < 100; ++i) {
    Meeting meeting;
    EXPECT_EQ(pool.run(Meeting::meet, &meeting, 0, 2, nullptr), 0);
    EXPECT_EQ(meeting.threadOf[0], 0);
    EXPECT_EQ(meeting.threadOf[1], 1);
  }
}

TEST(ThreadPool, ManyLoops) {
  for (int threads : {2, 4}) {
    ThreadPool pool(threads);
    Loop loop{pool, {}};
    for (int i = 0; i < 3000; ++i)
      loop.runOnce(i % 9);
  }
}

TEST(ThreadPool, LoopsAfterSleep) {
  for (int threads : {2, 4}) {
    ThreadPool pool(threads);
    Loop loop{pool, {}};
    for (int i = 0; i < 50; ++i) {
      // Around the moment when workers fall asleep.
      std::this_thread::sleep_for(std::chrono::microseconds(20 * i));
      loop.runOnce(8);
    }
  }
}

TEST(ThreadPool, WorkersTakePart) {
  ThreadPool pool(2);
  struct Shared {
    std::atomic<int> present{0};
    std::atomic<int> numbers{0};
  } shared;
  // Each of two tasks waits for the other: only two threads can finish this.
  auto meet = [](void *context, int32_t, uint8_t *) -> int32_t {
    auto &shared = *static_cast<Shared *>(context);
    shared.numbers |= 1 << ThreadPool::currentThread();
    ++shared.present;
    while (shared.present < 2)
      std::this_thread::yield();
    return 0;
  };
  EXPECT_EQ(pool.run(meet, &shared, 0, 2, nullptr), 0);
  EXPECT_EQ(shared.numbers, 3);
}

TEST(ThreadPool, FailuresAreReturned) {
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::atomic<int> calls{0};
    auto fail = [](void *context, int32_t index, uint8_t *) -> int32_t {
      ++*static_cast<std::atomic<int> *>(context);
      return index == 17 ? -3 : 0;
    };
    EXPECT_EQ(pool.run(fail, &calls, 0, 40, nullptr), -3);
    EXPECT_EQ(calls, 40);
    EXPECT_EQ(pool.run(fail, &calls, 0, 10, nullptr), 0);
  }
}

TEST(ThreadPool, NestedLoopsStayOnTheirThread) {
  ThreadPool pool(3);
  struct Shared {
    ThreadPool &pool;
    std::atomic<int> calls{0};
  } shared{pool};
  auto outer = [](void *context, int32_t, uint8_t *) -> int32_t {
    auto &shared = *static_cast<Shared *>(context);
    int number = ThreadPool::currentThread();
    auto inner = [](void *context, int32_t, uint8_t *closure) -> int32_t {
      EXPECT_EQ(ThreadPool::currentThread(), *reinterpret_cast<int *>(closure));
      ++static_cast<Shared *>(context)->calls;
      return 0;
    };
    return shared.pool.run(inner, context, 0, 5,
                           reinterpret_cast<uint8_t *>(&number));
  };
  EXPECT_EQ(pool.run(outer, &shared, 0, 50, nullptr), 0);
  EXPECT_EQ(shared.calls, 250);
}

TEST(ThreadPool, StartAndStop) {
  for (int i = 0; i < 50; ++i) {
    ThreadPool pool(3);
    if (i % 3 == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (i % 3 == 2)
      Loop{pool, {}}.runOnce(4);
  }
}

TEST(ThreadPool, CountsUsableCpus) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_EQ(countUsableCpus(), CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before))
      CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(countUsableCpus(), 1);
  sched_setaffinity(0, sizeof(before), &before);
}
