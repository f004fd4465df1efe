//===- abi.h - Layout of model.cvt, shared by compiler and runtime --------===//
//
// Everything that a compiled model and the runtime agree on: how the file is
// laid out, and how the runtime calls the code in it.  The compiler writes
// what this header says, the runtime checks it before it trusts any of it.
// Plain C: also included by the shim that is linked into every artifact.
//
// The file:
//   0 .. code_bytes                  an ELF shared object without dependencies
//   code_bytes .. weights_offset     zero bytes, fewer than CVT_PAGE_BYTES
//   weights_offset .. file_bytes     packed weights, plain bytes
//
// The ELF holds one PT_NOTE entry of name CVT_NOTE_NAME and type CVT_NOTE_TYPE.
// Its descriptor is a cvt_manifest_header, then `json_bytes` of JSON (the
// manifest proper, which may end in spaces), then `digest_count` digests
// of CVT_DIGEST_BYTES each: XXH3-128 (canonical, big-endian form) of each run
// of CVT_DIGEST_CHUNK_BYTES of the file, in order, the last one shorter, where
// the bytes of the digests themselves are taken as zero.
//
// The two SHA-256 in the header identify the model and are compared on request
// only: code_sha256 is of bytes 0 .. weights_offset, where code_sha256 itself
// and the digests are taken as zero; weights_sha256 is of the weights.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_ABI_H
#define CVT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define CVT_STATIC_ASSERT static_assert
#else
#define CVT_STATIC_ASSERT _Static_assert
#endif

/// Changes whenever the layout of the file changes.
#define CVT_FORMAT_VERSION 1u
/// Changes whenever a structure or signature below changes.
#define CVT_ABI_VERSION 1u

#define CVT_MAGIC "CVTMODEL" /* 8 bytes, the terminating NUL not stored */
#define CVT_NOTE_NAME "CVT"
#define CVT_NOTE_TYPE 1u
#define CVT_PAGE_BYTES 4096u
#define CVT_DIGEST_BYTES 16u
#define CVT_DIGEST_CHUNK_BYTES (1u << 20)
/// Alignment of weights inside their section, of the arena and its buffers,
/// and of scratch memory.
#define CVT_BUFFER_ALIGNMENT 128u

/// What an allocation of `bytes` takes of a thread's scratch memory: its size
/// rounded up to CVT_BUFFER_ALIGNMENT, plus one CVT_BUFFER_ALIGNMENT.
#define CVT_SCRATCH_BYTES(bytes)                                               \
  (((uint64_t)(bytes) + 2 * CVT_BUFFER_ALIGNMENT - 1) &                        \
   ~(uint64_t)(CVT_BUFFER_ALIGNMENT - 1))

/// The only exported symbol of an artifact, of type cvt_query_fn.
#define CVT_QUERY_SYMBOL "cvt_program_query_v1"

/// Start of the note's descriptor.  Little-endian, no padding.
typedef struct cvt_manifest_header {
  char magic[8];
  uint32_t format_version;
  uint32_t abi_version;
  uint64_t file_bytes;
  uint64_t code_bytes;
  uint64_t weights_offset;
  uint64_t weights_bytes;
  uint64_t json_bytes;
  uint64_t digest_count;
  uint8_t code_sha256[32];
  uint8_t weights_sha256[32];
} cvt_manifest_header;
CVT_STATIC_ASSERT(sizeof(cvt_manifest_header) == 128, "manifest header layout");

/// What the runtime offers to compiled code while it runs.  Functions may be
/// called from any thread that executes a task of the session.
typedef struct cvt_services {
  uint32_t abi_version;
  uint32_t reserved;
  /// Calls task(user_context, i, closure) once for each i in
  /// [first, first + count), on any threads of the session, and returns when
  /// all have returned: 0, or the first result that was not 0.  May be called
  /// from inside a task; it then runs on the calling thread.
  int32_t (*parallel_for)(void *session,
                          int32_t (*task)(void *user_context, int32_t index,
                                          uint8_t *closure),
                          void *user_context, int32_t first, int32_t count,
                          uint8_t *closure);
  /// Memory of the calling thread, aligned to CVT_BUFFER_ALIGNMENT.  Released
  /// by the thread that allocated it, in any order; space comes back for use
  /// when everything allocated later is released too.  Each allocation takes
  /// CVT_SCRATCH_BYTES of the manifest's scratch_bytes_per_thread.  A program
  /// that needs more than that fails: it still gets memory, because kernels
  /// compiled without checks do not look, but the run reports an error.  NULL
  /// if the system has no memory.
  void *(*scratch_alloc)(void *session, uint64_t bytes);
  void (*scratch_free)(void *session, void *pointer);
  /// Records `message` (copied) as the reason why the run fails.
  void (*report_error)(void *session, const char *message);
} cvt_services;
CVT_STATIC_ASSERT(sizeof(cvt_services) == 40, "services layout");

/// Passed through compiled code as Halide's `user_context`.
typedef struct cvt_run_context {
  const cvt_services *services;
  void *session;
} cvt_run_context;
CVT_STATIC_ASSERT(sizeof(cvt_run_context) == 16, "run context layout");

/// Runs the model on `batch` images, 1 <= batch <= max_batch.
/// `weights`: the mapped weights section.  `arena`: batch x
/// arena_bytes_per_image writable bytes, aligned to CVT_BUFFER_ALIGNMENT, whose
/// content is undefined before and after.  `inputs`, `outputs`: one pointer for
/// each entry of the manifest's lists, each aligned for its element type,
/// dense, row-major, outermost extent `batch`.  Returns 0, or an error after
/// report_error was called.  Reentrant as long as arenas and outputs differ.
typedef int32_t (*cvt_forward_fn)(cvt_run_context *context,
                                  const uint8_t *weights, uint8_t *arena,
                                  const void *const *inputs,
                                  void *const *outputs, int64_t batch);

/// What the query returns: one function for each entry of the manifest's
/// `targets`, in the same order.  Lives as long as the library is open.
typedef struct cvt_program {
  uint32_t abi_version;
  uint32_t target_count;
  const cvt_forward_fn *forward;
} cvt_program;
CVT_STATIC_ASSERT(sizeof(cvt_program) == 16, "program layout");

typedef const cvt_program *(*cvt_query_fn)(void);

#ifdef __cplusplus
}
#endif

#endif /* CVT_ABI_H */
