//===- network.h - The kernels of an artifact, and its speed --------------===//

#ifndef CVT_TOOLS_CVT_BENCH_KERNELS_NETWORK_H
#define CVT_TOOLS_CVT_BENCH_KERNELS_NETWORK_H

#include "compiler/kernels/kernel_spec.h"
#include "runtime/include/cvt/cvt.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace cvt::bench {

struct NetworkKernel {
  kernels::KernelSpec spec;
  int64_t calls = 0;
};

struct Destroy {
  void operator()(cvt_model *p) const { cvt_model_destroy(p); }
  void operator()(cvt_session *p) const { cvt_session_destroy(p); }
};

/// An artifact that is open, with a session and buffers for `batch` images.
class Network {
public:
  /// The artifact must come from a compiler with the same kernels as this
  /// program.
  static llvm::Expected<Network> open(const std::string &path, int threads,
                                      int64_t batch);

  std::string precision() const { return info.precision; }
  /// Those of the code that this CPU runs; at least one.
  const std::vector<NetworkKernel> &kernels() const { return list; }

  /// Runs it some times; the seconds of the fastest run.
  llvm::Expected<double> run();

private:
  Network() = default;
  llvm::Error readKernels();
  void allocateBuffers();

  std::unique_ptr<cvt_model, Destroy> model;
  std::unique_ptr<cvt_session, Destroy> session;
  cvt_model_info info = {};
  int64_t batch = 1;
  std::vector<NetworkKernel> list;
  std::vector<float> pixels;
  std::vector<std::vector<float>> outputs;
};

} // namespace cvt::bench

#endif // CVT_TOOLS_CVT_BENCH_KERNELS_NETWORK_H
