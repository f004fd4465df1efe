//===- model.hpp - The C API of the CvT runtime for C++ -------------------===//
//
// Owners that release what they hold, and exceptions instead of statuses, over
// cvt.h.  C++17, header only; link libcvt.so.
//
//   cvt::Model model("model.cvt");
//   cvt::Session session(model);
//   std::vector<float> pixels = model.preprocess("cat.jpg");
//   std::vector<cvt::Tensor> outputs = session.run(pixels.data(), 1);
//
// Opening a model runs native code from its file: open only files you trust.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_MODEL_HPP
#define CVT_MODEL_HPP

#include "cvt/cvt.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cvt {

/// What a function of the C API reported: what() is its one sentence.
class Error : public std::runtime_error {
public:
  Error(cvt_code code, const std::string &message)
      : std::runtime_error(message), failure(code) {}

  cvt_code code() const noexcept { return failure; }

private:
  cvt_code failure;
};

/// Throws what `status` says, if it is one, and releases it.
inline void check(cvt_status *status) {
  if (!status)
    return;
  std::unique_ptr<cvt_status, decltype(&cvt_status_destroy)> owner(
      status, cvt_status_destroy);
  throw Error(cvt_status_code(status), cvt_status_message(status));
}

/// An output of a run: float32, dense, row-major.
struct Tensor {
  std::string name;           ///< "logits", "hidden_states_0", …
  std::vector<int64_t> shape; ///< shape[0] is the batch
  std::vector<float> values;
};

/// An opened model.  Any number of threads may use one at once.  Moving it is
/// for one thread alone; its sessions go on.
class Model {
public:
  /// Opens and checks the file and loads its code.  `verifySha256` also
  /// recomputes the SHA-256 of all of it, which takes longer.  Throws Error.
  explicit Model(const std::string &path, bool verifySha256 = false) {
    cvt_open_options options = {sizeof options, verifySha256};
    cvt_model *opened = nullptr;
    check(cvt_model_open(path.c_str(), &options, &opened));
    model.reset(opened);
    description.struct_bytes = sizeof description;
    check(cvt_model_describe(opened, &description));
  }

  /// What the model takes and gives; its pointers live as long as the model.
  const cvt_model_info &info() const noexcept { return description; }

  /// The name of a class, "LABEL_i" if the model has none for it.
  std::string label(size_t index) const {
    return index < description.label_count ? description.labels[index]
                                           : "LABEL_" + std::to_string(index);
  }

  /// Numbers in one image's pixel_values: C * H * W.
  size_t pixelCount() const { return elementsPerImage(description.input); }

  /// The pixel_values (C, H, W) of the picture in a file (JPEG, PNG, WebP, BMP,
  /// PNM), bit-equal to Hugging Face's image processor.  Throws Error.
  std::vector<float> preprocess(const std::string &path) const {
    std::vector<float> pixels(pixelCount());
    check(cvt_model_preprocess_file(model.get(), path.c_str(), nullptr,
                                    pixels.data()));
    return pixels;
  }

  /// The same for the content of such a file; `name` is for messages.
  std::vector<float> preprocess(const std::string &name, const void *encoded,
                                size_t bytes) const {
    std::vector<float> pixels(pixelCount());
    check(cvt_model_preprocess(model.get(), name.c_str(), encoded, bytes,
                               nullptr, pixels.data()));
    return pixels;
  }

  /// The handle of the C API, which stays the model's.
  const cvt_model *handle() const noexcept { return model.get(); }

  /// Numbers that an input or output has for one image.
  static size_t elementsPerImage(const cvt_tensor_info &tensor) {
    size_t elements = 1;
    for (size_t axis = 1; axis < tensor.rank; ++axis)
      elements *= static_cast<size_t>(tensor.shape[axis]);
    return elements;
  }

private:
  struct Destroy {
    void operator()(cvt_model *model) const { cvt_model_destroy(model); }
  };
  std::unique_ptr<cvt_model, Destroy> model;
  cvt_model_info description = {};
};

/// A model with threads and working memory of its own: belongs to one thread at
/// a time.  The model must outlive it; it may be moved meanwhile.
class Session {
public:
  /// `threads`: those that compute, the caller's included; 0: one for each CPU
  /// the process may use.  `maxBatch`: the largest batch it will be given; 0:
  /// the model's.  Throws Error.
  explicit Session(const Model &model, int32_t threads = 0,
                   int64_t maxBatch = 0)
      : outputs(model.info().outputs,
                model.info().outputs + model.info().output_count) {
    cvt_session_options options = {sizeof options, threads, maxBatch};
    cvt_session *created = nullptr;
    check(cvt_session_create(model.handle(), &options, &created));
    session.reset(created);
  }

  /// Runs the model on `pixelValues`, (batch, C, H, W) float32, and returns its
  /// outputs in the model's order.  Throws Error.
  std::vector<Tensor> run(const float *pixelValues, int64_t batch) {
    std::vector<Tensor> results;
    std::vector<float *> buffers;
    for (const cvt_tensor_info &output : outputs) {
      Tensor result = {
          output.name, {output.shape, output.shape + output.rank}, {}};
      result.shape[0] = batch;
      if (batch > 0)
        result.values.resize(static_cast<size_t>(batch) *
                             Model::elementsPerImage(output));
      buffers.push_back(result.values.data());
      results.push_back(std::move(result));
    }
    run(pixelValues, batch, buffers.data());
    return results;
  }

  /// The same into memory of the caller's: a buffer for each output, with room
  /// for `batch` rows.  Allocates nothing unless it throws.
  void run(const float *pixelValues, int64_t batch, float *const *buffers) {
    check(cvt_session_run(session.get(), pixelValues, batch, buffers));
  }

  /// Threads it computes with, the caller's included.
  int32_t threads() const { return cvt_session_threads(session.get()); }

private:
  struct Destroy {
    void operator()(cvt_session *session) const {
      cvt_session_destroy(session);
    }
  };
  std::unique_ptr<cvt_session, Destroy> session;
  /// Their pointers are the model's.
  std::vector<cvt_tensor_info> outputs;
};

} // namespace cvt

#endif // CVT_MODEL_HPP
