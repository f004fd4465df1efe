//===- thread_pool.cpp - Threads of a session -----------------------------===//
//
// One counter, `unclaimed`, carries the protocol.  run sets up the loop and
// stores the number of its tasks there; whoever lowers it by one owns a task.
// The loop's description is read only while owning a task, and run waits for
// all owned tasks, so it never changes under a reader: a worker that was asleep
// through several loops needs no special case.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <immintrin.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cvt {

/// Value of `unclaimed` that ends the workers.
static constexpr uint32_t stop = UINT32_MAX;

/// The gaps between loops, serial work included, are shorter than this.
static constexpr std::chrono::microseconds spinTime{200};

namespace {
struct ThreadState {
  int number = 0;
  bool insideTask = false;
};
} // namespace

// Not allocated on first use, also where this library was opened at run time.
[[gnu::tls_model("initial-exec")]] static thread_local ThreadState self;

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

/// Sleeps unless `word` differs from `value`; may return early.
static void sleepWhileEqual(std::atomic<uint32_t> &word, uint32_t value) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void wake(std::atomic<uint32_t> &word, uint32_t sleepers) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE,
            std::min<uint32_t>(sleepers, INT_MAX), nullptr, nullptr, 0);
}

/// Spins until `done` holds or the time is up, and returns whether it holds.
/// Gives up the CPU now and then: on a busy machine, who is waited for may be
/// waiting for this very CPU (measured: 205 us for a loop without it).
template <typename Condition> static bool spinUntil(Condition done) {
  using Clock = std::chrono::steady_clock;
  constexpr int checksBetweenYields = 64;
  const Clock::time_point end = Clock::now() + spinTime;
  do {
    for (int i = 0; i < checksBetweenYields; ++i) {
      if (done())
        return true;
      _mm_pause();
    }
    ::sched_yield();
  } while (Clock::now() < end);
  return false;
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

int countUsableCpus() {
  // Large systems need more than the 1024 bits of a cpu_set_t.
  for (int bits = CPU_SETSIZE; bits <= 1 << 20; bits *= 2) {
    std::vector<cpu_set_t> sets(bits / CPU_SETSIZE);
    const size_t bytes = sets.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, sets.data()) == 0)
      return std::max(1, CPU_COUNT_S(bytes, sets.data()));
  }
  return 1;
}

int ThreadPool::currentThread() noexcept { return self.number; }

ThreadPool::ThreadPool(int threads) : spins(threads <= countUsableCpus()) {
  workers.reserve(threads - 1);
  // Signals are for the threads of the program that uses this library.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    for (int i = 1; i < threads; ++i) {
      workers.emplace_back(&ThreadPool::work, this, i);
      pthread_setname_np(workers.back().native_handle(), "cvt-worker");
    }
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    stopWorkers();
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() { stopWorkers(); }

void ThreadPool::stopWorkers() noexcept {
  unclaimed.store(stop);
  wake(unclaimed, UINT32_MAX);
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::work(int thread) noexcept {
  self = {thread, /*insideTask=*/true};
  auto somethingToDo = [this] {
    return unclaimed.load(std::memory_order_relaxed) != 0;
  };
  for (;;) {
    while (runOneTask()) {
    }
    if (unclaimed.load(std::memory_order_relaxed) == stop)
      return;
    if (spins && spinUntil(somethingToDo))
      continue;
    // Either run sees this sleeper, or the sleeper sees its tasks: both sides
    // write their own word before they read the other's.
    sleepingWorkers.fetch_add(1);
    while (unclaimed.load() == 0)
      sleepWhileEqual(unclaimed, 0);
    sleepingWorkers.fetch_sub(1);
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static int32_t runHere(ThreadPool::Task task, void *context, int32_t first,
                       int32_t count, uint8_t *closure) {
  int32_t result = 0;
  for (int32_t i = 0; i < count; ++i)
    if (int32_t code = task(context, first + i, closure); code && !result)
      result = code;
  return result;
}

/// Runs one task if there is one, and returns whether there was.
bool ThreadPool::runOneTask() noexcept {
  uint32_t left = unclaimed.load(std::memory_order_relaxed);
  do {
    if (left == 0 || left == stop)
      return false;
  } while (!unclaimed.compare_exchange_weak(
      left, left - 1, std::memory_order_acquire, std::memory_order_relaxed));
  const auto index = static_cast<int32_t>(count - left);
  if (int32_t code = task(context, first + index, closure)) {
    int32_t none = 0;
    result.compare_exchange_strong(none, code, std::memory_order_relaxed);
  }
  if (unfinished.fetch_sub(1) == 1 && callerSleeps.load())
    wake(unfinished, 1);
  return true;
}

int32_t ThreadPool::run(Task newTask, void *newContext, int32_t newFirst,
                        int32_t newCount, uint8_t *newClosure) noexcept {
  if (workers.empty() || newCount <= 1 || self.insideTask)
    return runHere(newTask, newContext, newFirst, newCount, newClosure);
  task = newTask;
  context = newContext;
  closure = newClosure;
  first = newFirst;
  count = newCount;
  result.store(0, std::memory_order_relaxed);
  unfinished.store(count, std::memory_order_relaxed);
  unclaimed.store(count);
  if (sleepingWorkers.load() != 0)
    wake(unclaimed, count - 1);

  self.insideTask = true;
  while (runOneTask()) {
  }
  self.insideTask = false;

  auto finished = [this] {
    return unfinished.load(std::memory_order_acquire) == 0;
  };
  if (!spins || !spinUntil(finished)) {
    callerSleeps.store(true);
    while (uint32_t left = unfinished.load())
      sleepWhileEqual(unfinished, left);
    callerSleeps.store(false);
  }
  return result.load(std::memory_order_relaxed);
}

} // namespace cvt
