//===- model.h - The runtime's C API for C++ ------------------------------===//
//
// Owners for models and sessions that turn statuses into Failures.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_MODEL_H
#define CVT_TOOLS_CVT_RUN_MODEL_H

#include "runtime/include/cvt/cvt.h"
#include "tools/cvt-run/options.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cvt::run {

/// Throws a Failure if `status` is one, and releases it.
void check(cvt_status *status);

class Model {
public:
  /// Opens options.model.
  explicit Model(const Options &options);

  const cvt_model *get() const { return model.get(); }
  const cvt_model_info &info() const { return description; }

  /// Floats of one image of the input, or of one row of an output.
  static uint64_t elementsPerImage(const cvt_tensor_info &tensor);
  uint64_t inputElements() const { return elementsPerImage(description.input); }

  /// The extents of `tensor` behind the batch.
  static std::vector<int64_t> rowShape(const cvt_tensor_info &tensor);

  /// --batch, or `fallback` without it.  Throws a Failure of wrong usage if it
  /// is out of the model's limits.
  int64_t batch(const Options &options, int64_t fallback) const;

private:
  struct Deleter {
    void operator()(cvt_model *model) const { cvt_model_destroy(model); }
  };
  std::unique_ptr<cvt_model, Deleter> model;
  cvt_model_info description = {};
};

/// A session with a buffer for each output.
class Session {
public:
  Session(const Model &model, int threads, int64_t maxBatch);

  /// Runs `batch` images; results are in output().
  void run(const float *pixelValues, int64_t batch) {
    check(cvt_session_run(session.get(), pixelValues, batch, pointers.data()));
  }

  const float *output(size_t index) const { return pointers[index]; }
  int threads() const { return cvt_session_threads(session.get()); }
  uint64_t arenaBytes() const { return cvt_session_arena_bytes(session.get()); }

private:
  struct Deleter {
    void operator()(cvt_session *session) const {
      cvt_session_destroy(session);
    }
  };
  std::unique_ptr<cvt_session, Deleter> session;
  std::vector<std::vector<float>> outputs;
  std::vector<float *> pointers;
};

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_MODEL_H
