//===- session.h - One run of a model at a time ---------------------------===//
//
// Memory and threads for running a model, all allocated when the session is
// made; and the services that compiled code calls while it runs.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_SESSION_H
#define CVT_RUNTIME_SESSION_H

#include "runtime/src/model.h"
#include "runtime/src/scratch.h"
#include "runtime/src/thread_pool.h"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace cvt {

/// Threads of a session; far above what a network can use.
inline constexpr int32_t maxThreads = 1024;

/// Whether a session can be asked for this many: 0 is one for each CPU.
inline bool isThreadCount(int64_t threads) {
  return threads >= 0 && threads <= maxThreads;
}

/// What is wrong with another number; `found` is the number, of any size.
std::string badThreadCount(const std::string &found);

} // namespace cvt

/// Used by one thread at a time.
struct cvt_session {
  /// `threads` and `maxBatch` as in cvt_session_options, 0 replaced.
  static cvt::Status create(const cvt_model &model, int threads,
                            int64_t maxBatch,
                            std::unique_ptr<cvt_session> &out);

  /// As cvt_session_run, arguments checked.
  cvt::Status run(const float *pixelValues, int64_t batch,
                  float *const *outputs);

  int threads() const { return pool->size(); }
  uint64_t memoryBytes() const {
    return arena.bytes().size() + scratchMemory.bytes().size();
  }

  const cvt_model &model;
  const int64_t maxBatch;

private:
  struct Services;
  struct Batch;

  cvt_session(const cvt_model &model, int64_t maxBatch, int64_t pieceImages)
      : model(model), maxBatch(maxBatch), pieceImages(pieceImages) {}
  cvt::Status allocateScratch(int threads);
  int32_t runPieces(const float *pixelValues, int64_t batch,
                    float *const *outputs);

  /// Images that one thread computes at once, at most.
  const int64_t pieceImages;

  cvt::Mapping arena; ///< of pieceImages images for each thread, or maxBatch
  cvt::Mapping scratchMemory;
  std::vector<cvt::ScratchStack> scratch; ///< by thread
  std::vector<void *> rows;               ///< of each output, by thread
  std::unique_ptr<cvt::ThreadPool> pool;

  /// What the first failing thread of a run reported.
  std::atomic<bool> reported{false};
  std::array<char, 1024> report{};
};

#endif // CVT_RUNTIME_SESSION_H
