//===- faulty.c - Objects that make no artifact ---------------------------===//
//
// One fault at a time, chosen by a macro.
//
//===----------------------------------------------------------------------===//

#ifdef TEST_UNDEFINED
int cosf(void), expf(void), sinf(void), tanhf(void), powf(void), erff(void),
    logf(void);
#define BODY cosf() + expf() + sinf() + tanhf() + powf() + erff() + logf()
#endif
#ifdef TEST_CONSTRUCTOR
static volatile int state;
__attribute__((constructor)) static void construct(void) { state = 1; }
#define BODY state
#endif
#ifdef TEST_TEXTREL
__asm__(".pushsection .text\n.quad table\n.popsection\n");
__attribute__((visibility("hidden"))) int table[2] = {1, 2};
#define BODY table[0]
#endif
#ifndef BODY
#define BODY 0
#endif

__attribute__((visibility("default"))) int
#ifdef TEST_NO_QUERY
another_name
#else
cvt_program_query_v1
#endif
    (void) {
  return BODY;
}
