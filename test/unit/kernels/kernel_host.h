//===- kernel_host.h - Compiles, loads and runs kernels in tests ----------===//
//
// Stands in for artifact and runtime: runs a kernel's tasks on threads with a
// bounded, checked scratch allocator each.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_KERNELS_KERNEL_HOST_H
#define CVT_TEST_UNIT_KERNELS_KERNEL_HOST_H

#include "compiler/kernels/kernel_code.h"

#include <span>
#include <string>

namespace cvt::kernels {

/// A kernel in memory.  Immutable: may be run by several threads.
class LoadedKernel {
public:
  /// Compiles and links `spec`.
  static llvm::Expected<LoadedKernel> make(const KernelSpec &spec,
                                           bool asserts);

  /// Runs the kernel with its tasks on `threads` threads, and scratch memory
  /// if `memory`.  Returns "" or what went wrong: an assertion, a broken
  /// promise about scratch memory, or that there is none.
  std::string run(std::span<halide_buffer_t *const> arguments, int threads,
                  bool memory = true) const;

  const CompiledKernel &compiled() const { return kernel; }

private:
  CompiledKernel kernel;
  KernelCode code;
};

} // namespace cvt::kernels

#endif // CVT_TEST_UNIT_KERNELS_KERNEL_HOST_H
