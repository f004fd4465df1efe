//===- kernel_host.cpp - Compiles, loads and runs kernels in tests --------===//

#include "test/unit/kernels/kernel_host.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace cvt::kernels {

namespace {

/// What the symbols below get as user context.
struct RunContext {
  int threads;
  int64_t scratchBytes;
  bool memory;
  std::mutex mutex;
  std::string error;

  void fail(const std::string &what) {
    std::lock_guard<std::mutex> lock(mutex);
    if (error.empty())
      error = what;
  }
};

/// The scratch memory of one thread: a stack, as in the runtime.
struct ScratchStack {
  static constexpr size_t kAlignment = 128;
  std::vector<std::pair<void *, int64_t>> live;
  int64_t used = 0;
};
thread_local ScratchStack scratch;

void *scratchAllocate(void *context, size_t bytes) {
  auto *run = static_cast<RunContext *>(context);
  if (!run->memory)
    return nullptr;
  size_t rounded = (bytes + ScratchStack::kAlignment - 1) /
                   ScratchStack::kAlignment * ScratchStack::kAlignment;
  scratch.used += rounded;
  if (scratch.used > run->scratchBytes)
    run->fail("more scratch memory is used than scratchBytes says");
  void *p = std::aligned_alloc(ScratchStack::kAlignment, rounded);
  std::memset(p, 0xff, rounded); // NaN: what is not written first shows
  scratch.live.emplace_back(p, rounded);
  return p;
}

void scratchFree(void *context, void *p) {
  auto *run = static_cast<RunContext *>(context);
  if (!p)
    return;
  if (scratch.live.empty() || scratch.live.back().first != p)
    return run->fail("scratch memory is not freed in reverse order");
  scratch.used -= scratch.live.back().second;
  scratch.live.pop_back();
  std::free(p);
}

int parallelFor(void *context, halide_task_t task, int first, int count,
                uint8_t *closure) {
  std::atomic<int> next{first}, result{0};
  auto work = [&] {
    for (int i; (i = next.fetch_add(1)) < first + count;)
      if (int error = task(context, i, closure))
        result = error;
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < static_cast<RunContext *>(context)->threads; i++)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
  return result;
}

int reportOutOfMemory(void *context) {
  static_cast<RunContext *>(context)->fail("out of memory");
  return -1;
}

int reportAssertion(void *context) {
  static_cast<RunContext *>(context)->fail("an assertion of the kernel failed");
  return -1;
}

constexpr KernelServices testServices = {parallelFor, scratchAllocate,
                                         scratchFree, reportOutOfMemory,
                                         reportAssertion};

} // namespace

llvm::Expected<LoadedKernel> LoadedKernel::make(const KernelSpec &spec,
                                                bool asserts) {
  auto compiled = compileKernel(spec, asserts);
  if (!compiled)
    return compiled.takeError();
  auto code = KernelCode::load(*compiled, testServices);
  if (!code)
    return code.takeError();
  LoadedKernel loaded;
  loaded.kernel = std::move(*compiled);
  loaded.code = std::move(*code);
  return loaded;
}

std::string LoadedKernel::run(std::span<halide_buffer_t *const> arguments,
                              int threads, bool memory) const {
  RunContext context{threads, kernel.scratchBytes, memory, {}, {}};
  int result = code.call(&context, arguments);
  if (result != 0 && context.error.empty())
    context.error = "the kernel returned " + std::to_string(result);
  return context.error;
}

} // namespace cvt::kernels
