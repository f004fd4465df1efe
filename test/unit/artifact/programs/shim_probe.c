//===- shim_probe.c - Hands out the shim's functions ----------------------===//
//
// The shim is hidden inside artifacts; this "program" lets a test reach it.
//
//===----------------------------------------------------------------------===//

#include <stddef.h>

void *memset(void *, int, size_t);
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
int halide_do_par_for(void *, int (*)(void *, int, unsigned char *), int, int,
                      unsigned char *);
void *halide_malloc(void *, size_t);
void halide_free(void *, void *);
int halide_error_access_out_of_bounds(void *, const char *, int, int, int, int,
                                      int);
int halide_error_requirement_failed(void *, const char *, const char *);

__attribute__((visibility("default"))) const void *cvt_program_query_v1(void) {
  static const void *const Functions[] = {
      memset,
      memcpy,
      memmove,
      halide_do_par_for,
      halide_malloc,
      halide_free,
      halide_error_access_out_of_bounds,
      halide_error_requirement_failed,
  };
  return Functions;
}
