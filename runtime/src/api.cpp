//===- api.cpp - The C API ------------------------------------------------===//
//
// Checks what callers can get wrong, and turns C into C++ and back.
//
//===----------------------------------------------------------------------===//

#include "runtime/include/cvt/cvt.h"

#include "runtime/src/model.h"
#include "runtime/src/preprocess.h"
#include "runtime/src/session.h"

#include <algorithm>
#include <cstring>

using namespace cvt;

static Status refuse(const std::string &reason) {
  return fail(CVT_INVALID_ARGUMENT, reason);
}

/// Copies a caller's options, which may be NULL or have the size of an older or
/// newer header, over the defaults in `out`.
template <typename T>
static Status readOptions(const T *options, const char *name, T &out) {
  if (!options)
    return nullptr;
  if (options->struct_bytes < sizeof(options->struct_bytes))
    return refuse(std::string(name) + ".struct_bytes must be set to sizeof(" +
                  name + ")");
  std::memcpy(&out, options, std::min(options->struct_bytes, sizeof(T)));
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

cvt_status *cvt_model_open(const char *path, const cvt_open_options *options,
                           cvt_model **out_model) {
  return guard([&]() -> Status {
    if (!path || !out_model)
      return refuse("cvt_model_open: path and out_model must not be NULL");
    cvt_open_options known = {};
    if (Status status = readOptions(options, "cvt_open_options", known))
      return status;
    std::unique_ptr<cvt_model> model;
    if (Status status = cvt_model::open(path, known.verify_sha256 != 0, model))
      return status;
    *out_model = model.release();
    return nullptr;
  });
}

void cvt_model_destroy(cvt_model *model) { delete model; }

cvt_status *cvt_model_describe(const cvt_model *model,
                               cvt_model_info *out_info) {
  return guard([&]() -> Status {
    if (!model || !out_info)
      return refuse("cvt_model_describe: model and out_info must not be NULL");
    cvt_model_info info = {};
    if (Status status = readOptions(out_info, "cvt_model_info", info))
      return status;
    model->describe(info);
    std::memcpy(out_info, &info, std::min(info.struct_bytes, sizeof(info)));
    return nullptr;
  });
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

cvt_status *cvt_model_preprocess(const cvt_model *model, const char *name,
                                 const void *encoded, size_t encoded_bytes,
                                 const cvt_image_options *options,
                                 float *out_pixels) {
  return guard([&]() -> Status {
    if (!model || !name || (!encoded && encoded_bytes != 0) || !out_pixels)
      return refuse("cvt_model_preprocess: model, name, encoded and out_pixels "
                    "must not be NULL");
    cvt_image_options known = {};
    if (Status status = readOptions(options, "cvt_image_options", known))
      return status;
    return preprocess(
        *model, name,
        std::span(static_cast<const std::byte *>(encoded), encoded_bytes),
        known.ignore_orientation != 0, out_pixels);
  });
}

cvt_status *cvt_model_preprocess_file(const cvt_model *model, const char *path,
                                      const cvt_image_options *options,
                                      float *out_pixels) {
  return guard([&]() -> Status {
    if (!model || !path || !out_pixels)
      return refuse("cvt_model_preprocess_file: model, path and out_pixels "
                    "must not be NULL");
    cvt_image_options known = {};
    if (Status status = readOptions(options, "cvt_image_options", known))
      return status;
    return preprocessFile(*model, path, known.ignore_orientation != 0,
                          out_pixels);
  });
}

//===----------------------------------------------------------------------===//
// Session
//===----------------------------------------------------------------------===//

cvt_status *cvt_session_create(const cvt_model *model,
                               const cvt_session_options *options,
                               cvt_session **out_session) {
  return guard([&]() -> Status {
    if (!model || !out_session)
      return refuse(
          "cvt_session_create: model and out_session must not be NULL");
    cvt_session_options known = {};
    if (Status status = readOptions(options, "cvt_session_options", known))
      return status;
    if (!isThreadCount(known.threads))
      return refuse(badThreadCount(std::to_string(known.threads)));
    if (known.threads == 0)
      known.threads = std::min(countUsableCpus(), int(maxThreads));
    const int64_t limit = model->manifest.maxBatch;
    if (known.max_batch < 0 || known.max_batch > limit)
      return refuse(model->path + ": the batch must be from 1 to " +
                    std::to_string(limit) +
                    ", which the model was compiled for, not " +
                    std::to_string(known.max_batch));
    if (known.max_batch == 0)
      known.max_batch = limit;
    std::unique_ptr<cvt_session> session;
    if (Status status = cvt_session::create(*model, known.threads,
                                            known.max_batch, session))
      return status;
    *out_session = session.release();
    return nullptr;
  });
}

void cvt_session_destroy(cvt_session *session) { delete session; }

cvt_status *cvt_session_run(cvt_session *session, const float *pixel_values,
                            int64_t batch, float *const *outputs) {
  return guard([&]() -> Status {
    if (!session || !pixel_values || !outputs)
      return refuse("cvt_session_run: session, pixel_values and outputs must "
                    "not be NULL");
    if (batch < 1 || batch > session->maxBatch)
      return refuse(session->model.path + ": the batch must be from 1 to " +
                    std::to_string(session->maxBatch) + ", not " +
                    std::to_string(batch));
    auto misplaced = [](const float *buffer) {
      return !buffer ||
             reinterpret_cast<uintptr_t>(buffer) % alignof(float) != 0;
    };
    const size_t count = session->model.manifest.outputs.size();
    if (misplaced(pixel_values) ||
        std::any_of(outputs, outputs + count, misplaced))
      return refuse("cvt_session_run: pixel_values and each output must be "
                    "aligned and not NULL");
    return session->run(pixel_values, batch, outputs);
  });
}

int32_t cvt_session_threads(const cvt_session *session) {
  return session->threads();
}

uint64_t cvt_session_arena_bytes(const cvt_session *session) {
  return session->memoryBytes();
}

const char *cvt_version(void) { return CVT_VERSION; }
