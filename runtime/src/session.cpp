//===- session.cpp - One run of a model at a time -------------------------===//
//
// Compiled code calls back from any thread of the pool; the number of the
// thread says whose scratch memory it gets.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/session.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <system_error>

using namespace cvt;

std::string cvt::badThreadCount(const std::string &found) {
  return "the number of threads must be from 1 to " +
         std::to_string(maxThreads) + ", or 0 for all CPUs, not " + found;
}

/// The functions behind cvt_services.  `session` is a cvt_session.
struct cvt_session::Services {
  static cvt_session &get(void *session) {
    return *static_cast<cvt_session *>(session);
  }

  static int32_t parallelFor(void *session,
                             int32_t (*task)(void *, int32_t, uint8_t *),
                             void *context, int32_t first, int32_t count,
                             uint8_t *closure) {
    return get(session).pool->run(task, context, first, count, closure);
  }

  static ScratchStack &stack(void *session) {
    return get(session).scratch[ThreadPool::currentThread()];
  }

  static void *scratchAlloc(void *session, uint64_t bytes) {
    if (void *pointer = stack(session).allocate(bytes))
      return pointer;
    reportError(session, "compiled code needs more scratch memory than the "
                         "model declares");
    return bytes > maxLateBytes ? nullptr
                                : std::aligned_alloc(CVT_BUFFER_ALIGNMENT,
                                                     CVT_SCRATCH_BYTES(bytes));
  }

  static void scratchFree(void *session, void *pointer) {
    if (stack(session).owns(pointer))
      stack(session).free(pointer);
    else
      std::free(pointer);
  }

  /// Far above what kernels need; keeps the rounding from overflowing.
  static constexpr uint64_t maxLateBytes = uint64_t(1) << 40;

  static void reportError(void *session, const char *message) {
    cvt_session &self = get(session);
    if (self.reported.exchange(true))
      return;
    std::strncpy(self.report.data(), message, self.report.size() - 1);
  }

  static constexpr cvt_services table = {
      CVT_ABI_VERSION, 0, parallelFor, scratchAlloc, scratchFree, reportError};
};

Status cvt_session::allocateScratch(int threads) {
  // Whole pages, so that no two threads write to the same cache line.
  const uint64_t perThread =
      (model.manifest.scratchBytesPerThread + CVT_PAGE_BYTES - 1) /
      CVT_PAGE_BYTES * CVT_PAGE_BYTES;
  if (Status status = Mapping::allocate(perThread * threads, "scratch memory",
                                        scratchMemory))
    return status;
  for (int i = 0; i < threads; ++i)
    scratch.emplace_back(
        scratchMemory.bytes().subspan(perThread * i, perThread));
  return nullptr;
}

Status cvt_session::create(const cvt_model &model, int threads,
                           int64_t maxBatch,
                           std::unique_ptr<cvt_session> &out) {
  std::unique_ptr<cvt_session> session(new cvt_session(model, maxBatch));
  if (Status status =
          Mapping::allocate(model.manifest.arenaBytesPerImage * maxBatch,
                            "working memory", session->arena))
    return status;
  if (Status status = session->allocateScratch(threads))
    return status;
  try {
    session->pool = std::make_unique<ThreadPool>(threads);
  } catch (const std::system_error &error) {
    return fail(CVT_OUT_OF_MEMORY, "cannot start " + std::to_string(threads) +
                                       " threads: " + error.code().message());
  }
  out = std::move(session);
  return nullptr;
}

Status cvt_session::run(const float *pixelValues, int64_t batch,
                        float *const *outputs) {
  reported.store(false, std::memory_order_relaxed);
  cvt_run_context context = {&Services::table, this};
  const void *inputs[] = {pixelValues};
  const int32_t code =
      model.forward(&context, model.weights.data(), arena.bytes().data(),
                    inputs, reinterpret_cast<void *const *>(outputs), batch);
  const bool failed = reported.load(std::memory_order_relaxed);
  if (code == 0 && !failed)
    return nullptr;
  return fail(CVT_RUN_FAILED, model.path + ": " +
                                  (failed ? std::string(report.data())
                                          : "compiled code failed with code " +
                                                std::to_string(code)));
}
