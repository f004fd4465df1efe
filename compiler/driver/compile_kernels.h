//===- compile_kernels.h - All kernels of a module, in parallel -----------===//

#ifndef CVT_COMPILER_DRIVER_COMPILE_KERNELS_H
#define CVT_COMPILER_DRIVER_COMPILE_KERNELS_H

#include "compiler/driver/kernel_cache.h"
#include "compiler/kernels/compile_kernel.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <string>
#include <vector>

namespace cvt {

struct CompiledKernels {
  /// In the module's order.
  std::vector<kernels::CompiledKernel> kernels;
  /// How many of them the cache had.
  size_t fromCache = 0;
  /// One sentence for each entry of the cache that could not be used; such
  /// kernels were compiled and stored again.
  std::vector<std::string> damaged;
  /// Why kernels are not kept for the next time, or empty.
  std::string warning;
};

/// Compiles each `cvt.kernel` of `module` once, or takes it from `cache`
/// (which may be null), on `threads` threads.  The kernels do not depend on
/// `threads` and `cache`.  `onProgress(done, total)` is called after each
/// kernel, by any thread but by one at a time.  Of several errors the first
/// kernel's is returned; the cache's are none.
llvm::Expected<CompiledKernels>
compileKernels(mlir::ModuleOp module, unsigned threads,
               const KernelCache *cache,
               const std::function<void(size_t, size_t)> &onProgress);

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_COMPILE_KERNELS_H
