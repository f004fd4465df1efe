//===- program.c - A model's code, for tests ------------------------------===//
//
// What cvt-compile would make of a tiny model, in C: input (B, 3, 4, 4),
// outputs (B, 2) and (B, 3), two floats of weights.  The first input value
// selects what happens.  Macros add, one at a time, what no model may have.
//
//===----------------------------------------------------------------------===//

#include "runtime/include/cvt/abi.h"

#ifdef TEST_NOTE_BYTES
// Room for the manifest, filled in by the test.
#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
__asm__(".pushsection .note.cvt, \"a\", @note\n"
        ".balign 4\n"
        ".long 4, " TEXT_OF(
            TEST_NOTE_BYTES) ", 1\n"
                             ".asciz \"" CVT_NOTE_NAME "\"\n"
                             ".zero " TEXT_OF(TEST_NOTE_BYTES) "\n"
                                                               ".popsection\n");
#endif

enum { ImageElements = 3 * 4 * 4, MaxNested = 4 };

typedef struct {
  const float *weights, *input;
  float *arena, *logits, *hidden;
} Call;

static const cvt_services *services(void *context) {
  return ((cvt_run_context *)context)->services;
}
static void *session(void *context) {
  return ((cvt_run_context *)context)->session;
}
static int32_t parallelFor(void *context,
                           int32_t (*task)(void *, int32_t, uint8_t *),
                           int32_t count, void *closure) {
  return services(context)->parallel_for(session(context), task, context, 0,
                                         count, closure);
}
static void *allocate(void *context, uint64_t bytes) {
  return services(context)->scratch_alloc(session(context), bytes);
}
static void release(void *context, void *pointer) {
  services(context)->scratch_free(session(context), pointer);
}
static int32_t report(void *context, const char *message) {
  services(context)->report_error(session(context), message);
  return -1;
}

/// Mode 0: logits = (weight 0 times the sum, weight 1), through scratch and
/// arena.
static int32_t computeImage(void *context, int32_t image, uint8_t *closure) {
  const Call *call = (const Call *)closure;
  float *copy = allocate(context, ImageElements * sizeof(float));
  if (!copy)
    return report(context, "no scratch memory");
  for (int i = 0; i < ImageElements; ++i)
    copy[i] = call->input[image * ImageElements + i];
  float *sum = call->arena + image * 32;
  *sum = 0;
  for (int i = 0; i < ImageElements; ++i)
    *sum += copy[i];
  release(context, copy);
  call->logits[2 * image] = *sum * call->weights[0];
  call->logits[2 * image + 1] = call->weights[1];
  for (int i = 0; i < 3; ++i)
    call->hidden[3 * image + i] = *sum + i;
  return 0;
}

static int32_t countNested(void *context, int32_t index, uint8_t *closure) {
  ++((float *)closure)[index];
  return 0;
}

/// Mode 3: each task is a loop of its own.
static int32_t nest(void *context, int32_t index, uint8_t *closure) {
  float *counts = (float *)closure + MaxNested * index;
  return parallelFor(context, countNested, MaxNested, counts);
}

/// Modes 2 and 6: takes scratch memory in `count` pieces, writes to all of it,
/// and frees it in another order; twice.  Does not look at what it gets, as
/// kernels compiled without checks.
static int32_t fillScratch(void *context, int count) {
  enum { MaxPieces = 64, PieceBytes = 1000 };
  volatile uint8_t *pieces[MaxPieces];
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < count; ++i) {
      pieces[i] = allocate(context, PieceBytes);
      for (int j = 0; j < PieceBytes; ++j)
        pieces[i][j] = i;
    }
    for (int first = 0; first < 2; ++first)
      for (int i = first; i < count; i += 2) {
        if (pieces[i][PieceBytes - 1] != i)
          return report(context, "pieces of scratch memory overlap");
        release(context, (void *)pieces[i]);
      }
  }
  return 0;
}

static int32_t failTask(void *context, int32_t index, uint8_t *closure) {
  return index % 2 ? report(context, "task failed\non two lines") : 0;
}

static int32_t forward(cvt_run_context *context, const uint8_t *weights,
                       uint8_t *arena, const void *const *inputs,
                       void *const *outputs, int64_t batch) {
  Call call = {(const float *)weights, inputs[0], (float *)arena, outputs[0],
               outputs[1]};
  switch ((int)call.input[0]) {
  default:
    return parallelFor(context, computeImage, (int32_t)batch, &call);
  case 1:
    return parallelFor(context, failTask, 100, &call);
  case 2:
    return fillScratch(context, 64);
  case 6:
    return fillScratch(context, 3);
  case 3: {
    float counts[16 * MaxNested] = {0};
    int32_t result = parallelFor(context, nest, 16, counts);
    call.logits[0] = 0;
    for (int i = 0; i < 16 * MaxNested; ++i)
      call.logits[0] += counts[i];
    return result;
  }
  case 4:
    return 7;
  case 5:
    report(context, "reported, and forgotten");
    return 0;
  }
}

/// Where tests look for a sign that code of the artifact ran.
enum { MarkerFile = 777, SystemWrite = 1 };

static void leaveMark(void) {
  long result = SystemWrite;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"((long)MarkerFile), "S"("x"), "d"(1L)
                   : "rcx", "r11", "memory");
}

#ifdef TEST_INIT_ARRAY
__attribute__((constructor)) static void construct(void) { leaveMark(); }
#endif
#ifdef TEST_FINI_ARRAY
__attribute__((destructor)) static void destruct(void) { leaveMark(); }
#endif
#ifdef TEST_UNDEFINED
int puts(const char *);
#define EXTRA (void)puts("undefined")
#endif
#ifdef TEST_IFUNC
static int chosen(void) { return 0; }
static int (*choose(void))(void) {
  leaveMark();
  return chosen;
}
static int dispatched(void) __attribute__((ifunc("choose")));
static int (*const volatile indirect)(void) = dispatched;
#define EXTRA (void)indirect()
#endif
#ifdef TEST_TLS
static _Thread_local volatile int local;
#define EXTRA ++local
#endif
#ifdef TEST_EXPORT
__attribute__((visibility("default"))) int another = 1;
#endif
#ifdef TEST_TEXTREL
__asm__(".pushsection .text\n.quad forward\n.popsection\n");
#endif
#ifndef EXTRA
#define EXTRA (void)0
#endif

static const cvt_forward_fn Forward[] = {forward, forward};
static const cvt_program Program = {CVT_ABI_VERSION, TEST_TARGETS, Forward};

__attribute__((visibility("default"))) const cvt_program *
cvt_program_query_v1(void) {
  leaveMark();
  EXTRA;
  return &Program;
}
