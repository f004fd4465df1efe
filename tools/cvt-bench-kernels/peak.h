//===- peak.h - What this machine can do at most --------------------------===//
//
// Measures arithmetic and bandwidth with loops that do nothing else.  The best
// of several tries counts: what other programs take away is no part of a peak.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_BENCH_KERNELS_PEAK_H
#define CVT_TOOLS_CVT_BENCH_KERNELS_PEAK_H

#include "compiler/kernels/kernel_spec.h"

#include <cstdint>
#include <map>

namespace cvt::bench {

/// The peaks of some threads together, each on a CPU of its own.
struct Peaks {
  /// Operations a second, a multiply-add counted as two: fused multiply-adds
  /// in f32, `vdpbf16ps`, `vpdpbusd`.  Without these, bf16 multiplies as f32,
  /// and int8 as 16-bit numbers with `vpmaddwd` and `vpaddd`.
  double f32 = 0, bf16 = 0, int8 = 0;
  /// Bytes a second that are read, or read and written, by the number of bytes
  /// that are used again and again.
  std::map<int64_t, double> bandwidth;

  /// Of what a kernel multiplies.
  double arithmetic(kernels::Element math) const;
  /// Of the smallest measured number of bytes that is not less than `bytes`.
  double bandwidthAt(int64_t bytes) const;
};

/// Raise `peaks`, empty at first, to what is seen: of the instructions of
/// `target`, which this CPU must have, in some 30 milliseconds; of bandwidth in
/// a second.
void raiseArithmetic(Peaks &peaks, kernels::CpuTarget target, int threads);
void raiseBandwidth(Peaks &peaks, int threads);

} // namespace cvt::bench

#endif // CVT_TOOLS_CVT_BENCH_KERNELS_PEAK_H
