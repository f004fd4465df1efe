//===- standard_streams.c - stdout and stderr of a shared object ----------===//
//
// Debian compiles its static libraries for programs, whose variables are at
// fixed distances from the code.  libjpeg, libpng and libhdf5 use two variables
// of libc's, which are not, so a shared object that takes these libraries in
// needs its own two.
//
//===----------------------------------------------------------------------===//

#include <dlfcn.h>
#include <stdio.h>

#undef stdout
#undef stderr
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN FILE *stdout;
HIDDEN FILE *stderr;

/// Before any other code of the shared object.
__attribute__((constructor(101))) static void useLibcs(void) {
  stdout = *(FILE **)dlsym(RTLD_DEFAULT, "stdout");
  stderr = *(FILE **)dlsym(RTLD_DEFAULT, "stderr");
}
