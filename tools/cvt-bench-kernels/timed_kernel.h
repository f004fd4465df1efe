//===- timed_kernel.h - How long one kernel takes -------------------------===//
//
// Runs a kernel as a network does: on the runtime's threads, with other weights
// in each of its calls, and with activations that were just used.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_BENCH_KERNELS_TIMED_KERNEL_H
#define CVT_TOOLS_CVT_BENCH_KERNELS_TIMED_KERNEL_H

#include "compiler/kernels/kernel_spec.h"
#include "runtime/src/thread_pool.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>

namespace cvt::bench {

/// A compiled kernel with the buffers of all its calls in a network.
class TimedKernel {
public:
  /// Compiles `spec`, for `calls` calls on `batch` images.  `pool` outlives it.
  static llvm::Expected<TimedKernel> make(const kernels::KernelSpec &spec,
                                          int64_t calls, int64_t batch,
                                          ThreadPool &pool);
  TimedKernel(TimedKernel &&);
  ~TimedKernel();

  /// Runs all calls again and again for about `seconds`; returns the seconds of
  /// one call in the fastest round.
  llvm::Expected<double> run(double seconds);

private:
  struct State;
  explicit TimedKernel(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace cvt::bench

#endif // CVT_TOOLS_CVT_BENCH_KERNELS_TIMED_KERNEL_H
