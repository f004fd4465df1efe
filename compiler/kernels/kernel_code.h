//===- kernel_code.h - Kernels in memory ----------------------------------===//
//
// Links a compiled kernel into this process, without an artifact, for tests
// and measurements.  It sees exactly the symbols that compile_kernel.h allows;
// the caller says what they do.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_KERNEL_CODE_H
#define CVT_COMPILER_KERNELS_KERNEL_CODE_H

#include "compiler/kernels/compile_kernel.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Error.h"

#include <HalideRuntime.h>

#include <memory>
#include <span>

namespace cvt::kernels {

/// What a kernel calls.  `context` is that of KernelCode::call.
struct KernelServices {
  int (*parallelFor)(void *context, halide_task_t task, int first, int count,
                     uint8_t *closure);
  void *(*allocate)(void *context, size_t bytes);
  void (*free)(void *context, void *pointer);
  int (*outOfMemory)(void *context);
  /// All other errors: assertions.
  int (*assertionFailed)(void *context);
};

/// Immutable: may be called by several threads.
class KernelCode {
public:
  /// Fails if the object needs another symbol.
  static llvm::Expected<KernelCode> load(const CompiledKernel &kernel,
                                         const KernelServices &services);

  /// Calls the kernel with as many buffers as its spec has arguments, at most
  /// 12; returns what it returns.
  int call(void *context, std::span<halide_buffer_t *const> arguments) const;

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void *entry = nullptr;
};

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_KERNEL_CODE_H
