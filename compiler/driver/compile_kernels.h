//===- compile_kernels.h - All kernels of a module, in parallel -----------===//

#ifndef CVT_COMPILER_DRIVER_COMPILE_KERNELS_H
#define CVT_COMPILER_DRIVER_COMPILE_KERNELS_H

#include "compiler/kernels/compile_kernel.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <vector>

namespace cvt {

/// Compiles each `cvt.kernel` of `module` once, on `threads` threads.  The
/// result is in the module's order and does not depend on `threads`.
/// `onProgress(done, total)` is called after each kernel, by any thread but by
/// one at a time.  Of several errors the first kernel's is returned.
llvm::Expected<std::vector<kernels::CompiledKernel>>
compileKernels(mlir::ModuleOp module, unsigned threads,
               const std::function<void(size_t, size_t)> &onProgress);

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_COMPILE_KERNELS_H
