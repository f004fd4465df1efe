//===- scratch_bytes.h - What a kernel takes from halide_malloc -----------===//

#ifndef CVT_COMPILER_KERNELS_SCRATCH_BYTES_H
#define CVT_COMPILER_KERNELS_SCRATCH_BYTES_H

#include <Halide.h>

#include <cstdint>

namespace cvt::kernels {

/// Upper bound of the bytes that one thread holds of halide_malloc at any time
/// while it runs a kernel of `module`, each allocation counted as
/// CVT_SCRATCH_BYTES: the sum of all allocations, for a thread may run a task
/// inside the code that waits for tasks.  Throws Halide::Error if one has no
/// constant size.
int64_t scratchBytes(const Halide::Module &module);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_SCRATCH_BYTES_H
