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

/// How many images a thread computes at once where a batch has that many for
/// each: those whose activations its second-level cache holds, or one.  More
/// would read weights less often, which come in time as it is, but their
/// activations from the third-level cache.
static int64_t imagesAtOnce(const Manifest &manifest, int64_t perThread) {
  constexpr uint64_t cacheBytes = 1 << 20;
  const uint64_t fitting =
      cacheBytes / std::max<uint64_t>(1, manifest.arenaBytesPerImage);
  return std::clamp<int64_t>(fitting, 1, std::max<int64_t>(1, perThread));
}

Status cvt_session::create(const cvt_model &model, int threads,
                           int64_t maxBatch,
                           std::unique_ptr<cvt_session> &out) {
  const Manifest &manifest = model.manifest;
  std::unique_ptr<cvt_session> session(new cvt_session(
      model, maxBatch, imagesAtOnce(manifest, maxBatch / threads)));
  const int64_t images = std::min(maxBatch, threads * session->pieceImages);
  if (Status status = Mapping::allocate(manifest.arenaBytesPerImage * images,
                                        "working memory", session->arena))
    return status;
  if (Status status = session->allocateScratch(threads))
    return status;
  session->rows.resize(threads * manifest.outputs.size());
  try {
    session->pool = std::make_unique<ThreadPool>(threads);
  } catch (const std::system_error &error) {
    return fail(CVT_OUT_OF_MEMORY, "cannot start " + std::to_string(threads) +
                                       " threads: " + error.code().message());
  }
  out = std::move(session);
  return nullptr;
}

/// A batch that is being run.
struct cvt_session::Batch {
  cvt_session &session;
  const float *pixelValues;
  float *const *outputs;
  int64_t pieceImages;

  /// Runs `images` of them in the calling thread's part of the arena; on other
  /// threads too, unless it is called from a task.
  int32_t forward(int64_t first, int64_t images) const {
    const cvt_model &model = session.model;
    const Manifest &manifest = model.manifest;
    const int thread = ThreadPool::currentThread();
    const void *inputs[] = {pixelValues +
                            first * manifest.input.elementsPerImage};
    void **rows = session.rows.data() + thread * manifest.outputs.size();
    for (size_t i = 0; i < manifest.outputs.size(); ++i)
      rows[i] = outputs[i] + first * manifest.outputs[i].elementsPerImage;
    cvt_run_context context = {&Services::table, &session};
    return model.forward(&context, model.weights.data(),
                         session.arena.bytes().data() +
                             thread * session.pieceImages *
                                 manifest.arenaBytesPerImage,
                         inputs, rows, images);
  }

  static int32_t runPiece(void *batch, int32_t index, uint8_t *) {
    const Batch &self = *static_cast<Batch *>(batch);
    return self.forward(index * self.pieceImages, self.pieceImages);
  }
};

/// Pieces of the batch, equally many for each thread, run on a thread each; the
/// images that are left, for which the arena has room, on all threads together.
int32_t cvt_session::runPieces(const float *pixelValues, int64_t batch,
                               float *const *outputs) {
  const int64_t size = std::min(pieceImages, batch / threads());
  const int64_t pieces = size ? batch / size / threads() * threads() : 0;
  const int64_t done = pieces * size;
  Batch images = {*this, pixelValues, outputs, size};
  if (int32_t code = pool->run(Batch::runPiece, &images, 0,
                               static_cast<int32_t>(pieces), nullptr))
    return code;
  return done == batch ? 0 : images.forward(done, batch - done);
}

Status cvt_session::run(const float *pixelValues, int64_t batch,
                        float *const *outputs) {
  reported.store(false, std::memory_order_relaxed);
  const int32_t code = runPieces(pixelValues, batch, outputs);
  const bool failed = reported.load(std::memory_order_relaxed);
  if (code == 0 && !failed)
    return nullptr;
  return fail(CVT_RUN_FAILED, model.path + ": " +
                                  (failed ? std::string(report.data())
                                          : "compiled code failed with code " +
                                                std::to_string(code)));
}
