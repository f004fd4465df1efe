//===- thread_pool.cpp - Threads of a session -----------------------------===//
//
// run gives each thread a share of the loop: a run of neighbouring tasks, the
// same part of every loop, so that what a thread has written in one loop it
// finds in its own caches in the next.  Threads take tasks from the front of
// their own share, and when it is empty from the back of others'.  Whoever
// makes a share smaller by a task owns it.  The loop's description is read only
// while owning a task, and run waits for all owned tasks, so it never changes
// under a reader: a worker that was asleep through several loops needs no
// special case.
//
// A line that two threads write costs some hundred nanoseconds where they have
// no cache in common.  So a worker waits on its share, which lies in one line
// with the description, and tells once a loop how many tasks it has done.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <immintrin.h>
#include <linux/futex.h>
#include <optional>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cvt {

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

ThreadPool::ThreadPool(int threads)
    : shares(threads), spins(threads <= countUsableCpus()) {
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
  stopping.store(true);
  wakeUps.fetch_add(1);
  wake(wakeUps, UINT32_MAX);
  for (std::thread &worker : workers)
    worker.join();
}

/// A share of the tasks [begin, end).
static uint32_t beginOf(uint64_t tasks) { return static_cast<uint32_t>(tasks); }
static uint32_t endOf(uint64_t tasks) {
  return static_cast<uint32_t>(tasks >> 32);
}
static uint64_t pack(uint32_t begin, uint32_t end) {
  return uint64_t{end} << 32 | begin;
}

/// Returns false when the workers shall end.
bool ThreadPool::waitForTasks(int thread) noexcept {
  const std::atomic<uint64_t> &share = shares[thread].tasks;
  auto hasTasks = [&](std::memory_order order) {
    const uint64_t tasks = share.load(order);
    return beginOf(tasks) != endOf(tasks);
  };
  auto isBusy = [&] {
    return hasTasks(std::memory_order_relaxed) ||
           stopping.load(std::memory_order_relaxed);
  };
  if (!spins || !spinUntil(isBusy)) {
    // Either run sees this sleeper, or the sleeper its tasks: both sides write
    // their own word before they read the other's.
    sleepingWorkers.fetch_add(1);
    for (;;) {
      const uint32_t seen = wakeUps.load();
      if (hasTasks(std::memory_order_seq_cst) || stopping.load())
        break;
      sleepWhileEqual(wakeUps, seen);
    }
    sleepingWorkers.fetch_sub(1);
  }
  return !stopping.load();
}

void ThreadPool::work(int thread) noexcept {
  self = {thread, /*insideTask=*/true};
  while (waitForTasks(thread)) {
    const uint32_t done = runTasks(thread);
    if (done && unfinished.fetch_sub(done) == done && callerSleeps.load())
      wake(unfinished, 1);
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

/// Makes a share one task smaller, at its front or back, and returns that task.
static std::optional<uint32_t> claim(std::atomic<uint64_t> &share,
                                     bool fromFront) {
  uint64_t tasks = share.load(std::memory_order_relaxed);
  for (;;) {
    const uint32_t begin = beginOf(tasks), end = endOf(tasks);
    if (begin == end)
      return std::nullopt;
    const uint64_t rest =
        fromFront ? pack(begin + 1, end) : pack(begin, end - 1);
    if (share.compare_exchange_weak(tasks, rest, std::memory_order_acquire,
                                    std::memory_order_relaxed))
      return fromFront ? begin : end - 1;
  }
}

void ThreadPool::runTask(const Share &share, uint32_t index) noexcept {
  const int32_t number = share.first + static_cast<int32_t>(index);
  if (int32_t code = share.task(share.context, number, share.closure)) {
    int32_t none = 0;
    result.compare_exchange_strong(none, code, std::memory_order_relaxed);
  }
}

/// Runs tasks until none is unclaimed, and returns how many those were.
uint32_t ThreadPool::runTasks(int thread) noexcept {
  uint32_t done = 0;
  for (int i = 0; i < size(); ++i) {
    Share &share = shares[(thread + i) % size()];
    while (auto index = claim(share.tasks, /*fromFront=*/i == 0)) {
      runTask(share, *index);
      ++done;
    }
  }
  return done;
}

int32_t ThreadPool::run(Task task, void *context, int32_t first, int32_t count,
                        uint8_t *closure) noexcept {
  if (workers.empty() || count <= 1 || self.insideTask)
    return runHere(task, context, first, count, closure);
  result.store(0, std::memory_order_relaxed);
  unfinished.store(count, std::memory_order_relaxed);
  const auto tasks = static_cast<uint64_t>(count);
  const auto threads = static_cast<uint64_t>(size());
  for (uint64_t i = threads; i-- != 0;) {
    Share &share = shares[i];
    share.task = task;
    share.context = context;
    share.closure = closure;
    share.first = first;
    share.tasks.store(pack(static_cast<uint32_t>(tasks * i / threads),
                           static_cast<uint32_t>(tasks * (i + 1) / threads)));
  }
  if (sleepingWorkers.load() != 0) {
    wakeUps.fetch_add(1);
    wake(wakeUps, UINT32_MAX);
  }

  self.insideTask = true;
  const uint32_t mine = runTasks(0);
  self.insideTask = false;

  auto finished = [&] {
    return unfinished.load(std::memory_order_acquire) == mine;
  };
  if (!spins || !spinUntil(finished)) {
    callerSleeps.store(true);
    unfinished.fetch_sub(mine);
    while (uint32_t left = unfinished.load())
      sleepWhileEqual(unfinished, left);
    callerSleeps.store(false);
  }
  return result.load(std::memory_order_relaxed);
}

} // namespace cvt
