//===- shim.c - What Halide's objects expect from outside -----------------===//
//
// Linked, hidden, into every artifact, so that an artifact needs nothing from
// the process that loads it: parallel loops, memory and errors go to the
// runtime's services through the user context, memory functions are here.
// Compiled freestanding when the compiler is built and embedded into it.
//
// Signatures are those of HalideRuntime.h (Halide 21).  Kernels run on the CPU,
// so the functions about devices, which Halide's assertions name as well, only
// report that they were reached.
//
//===----------------------------------------------------------------------===//

#include "runtime/include/cvt/abi.h"

#include <stddef.h>

//===----------------------------------------------------------------------===//
// Memory functions
//===----------------------------------------------------------------------===//

// Below this many bytes a loop over 16-byte blocks beats the start-up time of
// the string instructions; above, microcode moves whole cache lines.
enum { StringInstructionBytes = 1024 };

typedef float Block __attribute__((vector_size(16), aligned(1), may_alias));

void *memset(void *target, int value, size_t bytes) {
  uint8_t *to = target;
  if (bytes >= StringInstructionBytes) {
    void *end = target;
    __asm__ volatile("rep stosb"
                     : "+D"(end), "+c"(bytes)
                     : "a"(value)
                     : "memory");
    return target;
  }
  union {
    uint64_t words[2];
    Block block;
  } fill;
  fill.words[0] = fill.words[1] = (uint8_t)value * UINT64_C(0x0101010101010101);
  for (; bytes >= 16; bytes -= 16, to += 16)
    *(Block *)to = fill.block;
  for (; bytes; --bytes)
    *to++ = (uint8_t)value;
  return target;
}

static void copyForwards(uint8_t *to, const uint8_t *from, size_t bytes) {
  if (bytes >= StringInstructionBytes) {
    __asm__ volatile("rep movsb"
                     : "+D"(to), "+S"(from), "+c"(bytes)
                     :
                     : "memory");
    return;
  }
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16)
    *(Block *)to = *(const Block *)from;
  for (; bytes; --bytes)
    *to++ = *from++;
}

void *memcpy(void *target, const void *source, size_t bytes) {
  copyForwards(target, source, bytes);
  return target;
}

void *memmove(void *target, const void *source, size_t bytes) {
  uint8_t *to = target;
  const uint8_t *from = source;
  // Unsigned difference: true also where the target lies before the source.
  if ((uintptr_t)to - (uintptr_t)from >= bytes) {
    copyForwards(to, from, bytes);
    return target;
  }
  for (; bytes >= 16; bytes -= 16)
    *(Block *)(to + bytes - 16) = *(const Block *)(from + bytes - 16);
  for (; bytes; --bytes)
    to[bytes - 1] = from[bytes - 1];
  return target;
}

//===----------------------------------------------------------------------===//
// Services
//===----------------------------------------------------------------------===//

int halide_do_par_for(cvt_run_context *context,
                      int (*task)(void *, int, uint8_t *), int first, int count,
                      uint8_t *closure) {
  return context->services->parallel_for(context->session, task, context, first,
                                         count, closure);
}

void *halide_malloc(cvt_run_context *context, size_t bytes) {
  return context->services->scratch_alloc(context->session, bytes);
}

void halide_free(cvt_run_context *context, void *pointer) {
  if (pointer)
    context->services->scratch_free(context->session, pointer);
}

void halide_error(cvt_run_context *context, const char *message) {
  context->services->report_error(context->session, message);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

typedef struct {
  char text[512];
  size_t length;
} Message;

static void appendText(Message *message, const char *text) {
  if (!text)
    text = "(null)";
  while (*text && message->length + 1 < sizeof(message->text))
    message->text[message->length++] = *text++;
  message->text[message->length] = 0;
}

static void appendNumber(Message *message, int64_t value) {
  char digits[24];
  size_t at = sizeof(digits) - 1;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  digits[at] = 0;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0)
    digits[--at] = '-';
  appendText(message, digits + at);
}

/// Reports "kernel check failed: WHAT: NAME", and the numbers in the order in
/// which Halide passes them, and returns `code`.
static int fail(cvt_run_context *context, int code, const char *what,
                const char *name, const int64_t *numbers, size_t count) {
  Message message;
  message.length = 0;
  appendText(&message, "kernel check failed: ");
  appendText(&message, what);
  appendText(&message, ": ");
  appendText(&message, name);
  for (size_t i = 0; i < count; ++i) {
    appendText(&message, i ? ", " : " (");
    appendNumber(&message, numbers[i]);
  }
  if (count)
    appendText(&message, ")");
  halide_error(context, message.text);
  return code;
}

#define NUMBERS(...)                                                           \
  (const int64_t[]){__VA_ARGS__},                                              \
      sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define NO_NUMBERS NULL, 0

//===----------------------------------------------------------------------===//
// Halide's assertions; codes as in halide_error_code_t
//===----------------------------------------------------------------------===//

int halide_error_bounds_inference_call_failed(cvt_run_context *context,
                                              const char *stage, int result) {
  return fail(context, result, "bounds of extern stage", stage, NO_NUMBERS);
}

int halide_error_extern_stage_failed(cvt_run_context *context,
                                     const char *stage, int result) {
  return fail(context, result, "extern stage", stage, NO_NUMBERS);
}

int halide_error_explicit_bounds_too_small(cvt_run_context *context,
                                           const char *func, const char *var,
                                           int minBound, int maxBound,
                                           int minRequired, int maxRequired) {
  return fail(context, -2, "explicit bounds too small", func,
              NUMBERS(minBound, maxBound, minRequired, maxRequired));
}

int halide_error_bad_type(cvt_run_context *context, const char *func,
                          uint32_t given, uint32_t correct) {
  return fail(context, -3, "element type", func, NUMBERS(given, correct));
}

int halide_error_bad_dimensions(cvt_run_context *context, const char *func,
                                int32_t given, int32_t correct) {
  return fail(context, -43, "number of dimensions", func,
              NUMBERS(given, correct));
}

int halide_error_access_out_of_bounds(cvt_run_context *context,
                                      const char *func, int dimension,
                                      int minTouched, int maxTouched,
                                      int minValid, int maxValid) {
  return fail(context, -4, "access out of bounds", func,
              NUMBERS(dimension, minTouched, maxTouched, minValid, maxValid));
}

int halide_error_buffer_allocation_too_large(cvt_run_context *context,
                                             const char *buffer, uint64_t size,
                                             uint64_t maxSize) {
  return fail(context, -5, "allocation too large", buffer,
              NUMBERS((int64_t)size, (int64_t)maxSize));
}

int halide_error_buffer_extents_negative(cvt_run_context *context,
                                         const char *buffer, int dimension,
                                         int extent) {
  return fail(context, -28, "negative extent", buffer,
              NUMBERS(dimension, extent));
}

int halide_error_buffer_extents_too_large(cvt_run_context *context,
                                          const char *buffer, int64_t size,
                                          int64_t maxSize) {
  return fail(context, -6, "extents too large", buffer, NUMBERS(size, maxSize));
}

int halide_error_constraints_make_required_region_smaller(
    cvt_run_context *context, const char *buffer, int dimension,
    int constrainedMin, int constrainedExtent, int requiredMin,
    int requiredExtent) {
  return fail(context, -7, "constrained region smaller than required", buffer,
              NUMBERS(dimension, constrainedMin, constrainedExtent, requiredMin,
                      requiredExtent));
}

int halide_error_constraint_violated(cvt_run_context *context, const char *var,
                                     int value, const char *constrainedVar,
                                     int constrainedValue) {
  return fail(context, -8, "constraint violated", var,
              NUMBERS(value, constrainedValue));
}

int halide_error_param_too_small_i64(cvt_run_context *context, const char *name,
                                     int64_t value, int64_t least) {
  return fail(context, -9, "parameter too small", name, NUMBERS(value, least));
}

int halide_error_param_too_small_u64(cvt_run_context *context, const char *name,
                                     uint64_t value, uint64_t least) {
  return fail(context, -9, "parameter too small", name,
              NUMBERS((int64_t)value, (int64_t)least));
}

int halide_error_param_too_small_f64(cvt_run_context *context, const char *name,
                                     double value, double least) {
  return fail(context, -9, "parameter too small", name, NO_NUMBERS);
}

int halide_error_param_too_large_i64(cvt_run_context *context, const char *name,
                                     int64_t value, int64_t most) {
  return fail(context, -10, "parameter too large", name, NUMBERS(value, most));
}

int halide_error_param_too_large_u64(cvt_run_context *context, const char *name,
                                     uint64_t value, uint64_t most) {
  return fail(context, -10, "parameter too large", name,
              NUMBERS((int64_t)value, (int64_t)most));
}

int halide_error_param_too_large_f64(cvt_run_context *context, const char *name,
                                     double value, double most) {
  return fail(context, -10, "parameter too large", name, NO_NUMBERS);
}

int halide_error_out_of_memory(cvt_run_context *context) {
  return fail(context, -11, "out of memory",
              "a kernel needs more scratch memory than the model declares",
              NO_NUMBERS);
}

int halide_error_buffer_argument_is_null(cvt_run_context *context,
                                         const char *buffer) {
  return fail(context, -12, "buffer argument is null", buffer, NO_NUMBERS);
}

int halide_error_unaligned_host_ptr(cvt_run_context *context, const char *func,
                                    int alignment) {
  return fail(context, -24, "unaligned buffer", func, NUMBERS(alignment));
}

int halide_error_host_is_null(cvt_run_context *context, const char *func) {
  return fail(context, -34, "buffer without memory", func, NO_NUMBERS);
}

int halide_error_bad_fold(cvt_run_context *context, const char *func,
                          const char *var, const char *loop) {
  return fail(context, -25, "storage fold", func, NO_NUMBERS);
}

int halide_error_bad_extern_fold(cvt_run_context *context, const char *func,
                                 int dimension, int min, int extent,
                                 int validMin, int foldFactor) {
  return fail(context, -35, "extern storage fold", func,
              NUMBERS(dimension, min, extent, validMin, foldFactor));
}

int halide_error_fold_factor_too_small(cvt_run_context *context,
                                       const char *func, const char *var,
                                       int foldFactor, const char *loop,
                                       int requiredExtent) {
  return fail(context, -26, "fold factor too small", func,
              NUMBERS(foldFactor, requiredExtent));
}

int halide_error_requirement_failed(cvt_run_context *context,
                                    const char *condition,
                                    const char *message) {
  return fail(context, -27, condition, message, NO_NUMBERS);
}

int halide_error_specialize_fail(cvt_run_context *context,
                                 const char *message) {
  return fail(context, -31, "specialisation", message, NO_NUMBERS);
}

int halide_error_buffer_is_null(cvt_run_context *context, const char *routine) {
  return fail(context, -38, "buffer is null", routine, NO_NUMBERS);
}

int halide_error_storage_bound_too_small(cvt_run_context *context,
                                         const char *func, const char *var,
                                         int provided, int required) {
  return fail(context, -45, "storage bound too small", func,
              NUMBERS(provided, required));
}

int halide_error_split_factor_not_positive(cvt_run_context *context,
                                           const char *func,
                                           const char *original,
                                           const char *outer, const char *inner,
                                           const char *factorText, int factor) {
  return fail(context, -46, "split factor not positive", func, NUMBERS(factor));
}

int halide_error_device_dirty_with_no_device_support(cvt_run_context *context,
                                                     const char *buffer) {
  return fail(context, -44, "buffer on a device", buffer, NO_NUMBERS);
}

int halide_error_host_and_device_dirty(cvt_run_context *context) {
  return fail(context, -37, "buffer on a device", "modified twice", NO_NUMBERS);
}

int halide_error_no_device_interface(cvt_run_context *context) {
  return fail(context, -19, "buffer on a device", "no interface", NO_NUMBERS);
}

int halide_error_device_interface_no_device(cvt_run_context *context) {
  return fail(context, -36, "buffer on a device", "no device", NO_NUMBERS);
}
