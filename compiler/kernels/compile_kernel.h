//===- compile_kernel.h - KernelSpec to object code -----------------------===//
//
// Halide builds, schedules and compiles one kernel.  What its object needs
// from the artifact it is linked into is stated here, as a contract with the
// shim.
//
// An object defines the kernel,
//   int symbol(void *userContext, halide_buffer_t *...)   0, or an error code
// and functions that run its tasks, called symbol_task0 and so on.  It may
// leave undefined:
//   halide_do_par_for     task indices are independent; calls are not nested
//   halide_malloc         see CompiledKernel::scratchBytes; the result is
//                         aligned to 128 bytes, NULL makes the kernel fail
//   halide_free           in reverse order of allocation in each thread
//   halide_error_*        without asserts, halide_error_out_of_memory only
//   memcpy, memmove, memset
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_COMPILE_KERNEL_H
#define CVT_COMPILER_KERNELS_COMPILE_KERNEL_H

#include "compiler/kernels/kernel_spec.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace cvt::kernels {

struct CompiledKernel {
  /// symbolName(spec).
  std::string symbol;
  /// A relocatable ELF file (position-independent code).
  std::string object;
  /// Upper bound of what one thread holds of halide_malloc's memory at any
  /// time, each allocation rounded up to 128 bytes.
  int64_t scratchBytes = 0;
};

/// Compiles `spec`; without `asserts` the same spec gives the same bytes in
/// any process and thread, whatever was compiled before.  With `asserts` the
/// kernel checks its buffers' extents and strides (for tests: the compiler that
/// calls it guarantees them).  Fails for specs that verifyKernelSpec rejects
/// and for errors and warnings of Halide, whose reporter it replaces in the
/// whole process.  Thread-safe.
llvm::Expected<CompiledKernel> compileKernel(const KernelSpec &spec,
                                             bool asserts = false);

/// "21.0.0": identifies the code generator in manifests and cache keys.
std::string halideVersion();

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_COMPILE_KERNEL_H
