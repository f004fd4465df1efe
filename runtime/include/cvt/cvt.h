//===- cvt.h - Public C API of the CvT runtime ----------------------------===//
//
// Opens models written by cvt-compile and runs them.  Needs no compiler and no
// Python.
//
//   cvt_model *model = NULL;
//   cvt_session *session = NULL;
//   cvt_status *status = cvt_model_open("model.cvt", NULL, &model);
//   if (!status) status = cvt_session_create(model, NULL, &session);
//   if (!status) status = cvt_session_run(session, pixels, 1, outputs);
//   if (status) fprintf(stderr, "%s\n", cvt_status_message(status));
//   cvt_status_destroy(status);
//   cvt_session_destroy(session);
//   cvt_model_destroy(model);
//
// Conventions.  A function that can fail returns NULL for success or a status
// that the caller destroys; its out_ parameters are set only on success.
// Destroy functions accept NULL.  Pointers into a model live as long as the
// model.  A model is immutable and may be used by any number of threads; a
// session belongs to one thread at a time.
//
// Opening a model runs native code from its file: open only files you trust.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_CVT_H
#define CVT_CVT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CVT_API __attribute__((visibility("default")))
#else
#define CVT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cvt_model cvt_model;
typedef struct cvt_session cvt_session;
typedef struct cvt_status cvt_status;

//===----------------------------------------------------------------------===//
// Status
//===----------------------------------------------------------------------===//

typedef enum cvt_code {
  CVT_INVALID_ARGUMENT = 1, ///< the caller broke a rule of this header
  CVT_BAD_ARTIFACT = 2,     ///< not a model, damaged, or of another version
  CVT_UNSUPPORTED_CPU = 3,  ///< no code in the model fits this CPU
  CVT_IO_ERROR = 4,         ///< the system refused to open, read or map
  CVT_BAD_IMAGE = 5,        ///< a picture is damaged or of an unknown format
  CVT_OUT_OF_MEMORY = 6,
  CVT_RUN_FAILED = 7 ///< compiled code reported an error
} cvt_code;

/// The kind of failure.  `status` must not be NULL.  Any thread.
CVT_API cvt_code cvt_status_code(const cvt_status *status);

/// One sentence in English without a newline that names the file and what was
/// expected.  Owned by the status.  `status` must not be NULL.  Any thread.
CVT_API const char *cvt_status_message(const cvt_status *status);

/// Releases a status.
CVT_API void cvt_status_destroy(cvt_status *status);

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

typedef struct cvt_open_options {
  size_t struct_bytes; ///< sizeof(cvt_open_options)
  /// Also recompute the SHA-256 of code and weights and compare it with the
  /// manifest's. Slower; detects what the fast digests could miss.  0 or 1.
  int verify_sha256;
} cvt_open_options;

/// Opens and checks `path` and loads its code.  Every byte of the file is
/// checked against its digest before any code of it runs.  `options` may be
/// NULL.  The file must not be changed while the model lives; replace it by
/// renaming another file over it.  The caller destroys *out_model.
/// Thread-safe.
CVT_API cvt_status *cvt_model_open(const char *path,
                                   const cvt_open_options *options,
                                   cvt_model **out_model);

/// Releases a model.  All of its sessions must have been destroyed.
CVT_API void cvt_model_destroy(cvt_model *model);

/// One input or output.  Element type is always float32, dense, row-major.
typedef struct cvt_tensor_info {
  const char *name;     ///< "pixel_values", "logits", "hidden_states_0", …
  size_t rank;          ///< number of extents in `shape`, batch included
  const int64_t *shape; ///< shape[0] is -1: the batch
} cvt_tensor_info;

typedef struct cvt_model_info {
  size_t struct_bytes;   ///< sizeof(cvt_model_info)
  cvt_tensor_info input; ///< (B, C, H, W)
  size_t output_count;
  const cvt_tensor_info *outputs; ///< in the order cvt_session_run fills them
  int64_t max_batch;
  size_t label_count;        ///< 0 if the model has no labels
  const char *const *labels; ///< UTF-8, by class index
  const char *problem_type;  ///< "" if the model names none
  const char *precision;     ///< "f32", "bf16" or "int8"
  const char *target;        ///< the code chosen for this CPU: "znver4", …
  int takes_images;          ///< 1 if cvt_model_preprocess_* may be used
  uint64_t weights_bytes;
  uint64_t arena_bytes_per_image; ///< for each image computed at a time
  uint64_t flops_per_image;
  const char *manifest_json; ///< everything else, as JSON
} cvt_model_info;

/// What the model takes and gives.  The caller sets out_info->struct_bytes
/// first; all pointers live as long as the model.  Any thread.
CVT_API cvt_status *cvt_model_describe(const cvt_model *model,
                                       cvt_model_info *out_info);

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

typedef struct cvt_image_options {
  size_t struct_bytes; ///< sizeof(cvt_image_options)
  /// 1: ignore the orientation a camera stored in the file.  Default 0.
  int ignore_orientation;
} cvt_image_options;

/// Decodes an encoded picture (JPEG, PNG, WebP, BMP, PNM) and turns it into
/// the model's pixel_values: writes C*H*W floats to out_pixels, channels
/// first, bit-equal to Hugging Face's image processor.  `name` is used in
/// messages only.  `options` may be NULL.  Any thread.
CVT_API cvt_status *cvt_model_preprocess(const cvt_model *model,
                                         const char *name, const void *encoded,
                                         size_t encoded_bytes,
                                         const cvt_image_options *options,
                                         float *out_pixels);

/// As cvt_model_preprocess, from a file.
CVT_API cvt_status *cvt_model_preprocess_file(const cvt_model *model,
                                              const char *path,
                                              const cvt_image_options *options,
                                              float *out_pixels);

//===----------------------------------------------------------------------===//
// Session
//===----------------------------------------------------------------------===//

typedef struct cvt_session_options {
  size_t struct_bytes; ///< sizeof(cvt_session_options)
  /// Threads that compute, the caller's included; 0: one for each CPU the
  /// process may use.
  int32_t threads;
  /// Largest batch this session will be given; 0: the model's max_batch.  The
  /// arena has room for so many images, but not more than `threads` large ones.
  int64_t max_batch;
} cvt_session_options;

/// Creates a session with its own arena and threads.  `options` may be NULL.
/// The model must outlive it.  The caller destroys *out_session.  Any thread.
CVT_API cvt_status *cvt_session_create(const cvt_model *model,
                                       const cvt_session_options *options,
                                       cvt_session **out_session);

/// Stops the session's threads and releases its memory.  Not while running.
CVT_API void cvt_session_destroy(cvt_session *session);

/// Runs the model on `batch` images.  `pixel_values`: (batch, C, H, W)
/// float32.  `outputs`: one buffer for each output, with room for `batch`
/// rows; all are written.  Buffers stay the caller's.  Allocates nothing
/// unless it fails; outputs are undefined then.  While there is an image for
/// each thread, threads compute images of their own; those that are left they
/// compute together.
/// One thread at a time for each session.
CVT_API cvt_status *cvt_session_run(cvt_session *session,
                                    const float *pixel_values, int64_t batch,
                                    float *const *outputs);

/// Threads the session computes with, the caller's included.
CVT_API int32_t cvt_session_threads(const cvt_session *session);

/// Bytes of arena and scratch memory that the session holds.
CVT_API uint64_t cvt_session_arena_bytes(const cvt_session *session);

/// "0.1.0".  Static.  Any thread.
CVT_API const char *cvt_version(void);

#ifdef __cplusplus
}
#endif

#endif // CVT_CVT_H
