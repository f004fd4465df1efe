//===- thread_pool.h - Threads of a session -------------------------------===//
//
// Runs the tasks of one parallel loop at a time.  A network is some hundred
// loops of a few dozen microseconds, so workers wait for the next loop
// spinning, and sleep only when it does not come soon.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_THREAD_POOL_H
#define CVT_RUNTIME_THREAD_POOL_H

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace cvt {

/// How many CPUs this process may use; at least 1.
int countUsableCpus();

class ThreadPool {
public:
  /// As in cvt_services::parallel_for.
  using Task = int32_t (*)(void *context, int32_t index, uint8_t *closure);

  /// Starts `threads` - 1 workers; the caller of run is the first thread.
  /// Throws std::system_error if the system refuses.
  explicit ThreadPool(int threads);

  /// Wakes and joins the workers.  Not while run is active.
  ~ThreadPool();

  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Calls task(context, i, closure) for each i in [first, first + count) and
  /// returns when all have returned: 0 or one of their results that is not 0.
  /// Called by one thread at a time, or from inside a task of the same pool: it
  /// then runs on that thread alone.  Allocates nothing.
  int32_t run(Task task, void *context, int32_t first, int32_t count,
              uint8_t *closure) noexcept;

  int size() const { return static_cast<int>(shares.size()); }

  /// The number of the calling thread: 0 for the one that calls run, 1 to
  /// size() - 1 for workers.
  static int currentThread() noexcept;

private:
  /// What one thread knows of a loop, in one cache line.
  struct alignas(64) Share {
    /// Tasks that nobody has claimed: see thread_pool.cpp.
    std::atomic<uint64_t> tasks{0};
    // Written by run while the shares are empty; read after claiming one of
    // the tasks, until that is counted as done.
    Task task = nullptr;
    void *context = nullptr;
    uint8_t *closure = nullptr;
    int32_t first = 0;
  };

  void work(int thread) noexcept;
  bool waitForTasks(int thread) noexcept;
  void runTask(const Share &share, uint32_t index) noexcept;
  uint32_t runTasks(int thread) noexcept;
  void stopWorkers() noexcept;

  /// Of every thread; made before the workers.
  std::vector<Share> shares;

  // Lines of their own.
  alignas(64) std::atomic<uint32_t> unfinished{0}; ///< tasks
  std::atomic<int32_t> result{0};
  alignas(64) std::atomic<uint32_t> sleepingWorkers{0};
  std::atomic<uint32_t> wakeUps{0}; ///< changes when sleepers shall look
  std::atomic<bool> stopping{false};
  std::atomic<bool> callerSleeps{false};

  /// Spinning only helps where every thread has a CPU.
  bool spins;
  std::vector<std::thread> workers;
};

} // namespace cvt

#endif // CVT_RUNTIME_THREAD_POOL_H
