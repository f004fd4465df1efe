//===- table.cpp - Kernels and families against their bounds --------------===//

#include "tools/cvt-bench-kernels/table.h"

#include "compiler/kernels/spec_fields.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace cvt::bench {

static constexpr double giga = 1e9;
using kernels::KernelArgument;

void Row::add(const Row &other) {
  calls += other.calls;
  seconds += other.seconds;
  bound += other.bound;
  flops += other.flops;
  bytes += other.bytes;
}

/// Bytes of the arguments that do not grow with the batch.
static int64_t weightBytes(const kernels::KernelSpec &spec) {
  int64_t bytes = 0;
  for (const KernelArgument &argument : kernelArguments(spec)) {
    int64_t here = elementBytes(argument.element);
    for (int64_t extent : argument.extents)
      here *= extent == kernels::kRuntimeExtent ? 0 : extent;
    bytes += here;
  }
  return bytes;
}

Row makeRow(const NetworkKernel &kernel, double secondsPerCall, int64_t batch,
            const Peaks &peaks) {
  const int64_t weights = weightBytes(kernel.spec);
  const int64_t activations = batch * (bytesPerImage(kernel.spec) - weights);
  const double flops = double(batch) * flopsPerImage(kernel.spec);
  const double bytes = weights + activations;
  // What the calls go through until they come back to the same weights.
  const int64_t footprint = kernel.calls * weights + activations;
  const double bound =
      std::max(flops / peaks.arithmetic(kernel.spec.formats.math),
               bytes / peaks.bandwidthAt(footprint));
  const double calls = kernel.calls;
  return {symbolName(kernel.spec), kernel.calls,  calls * secondsPerCall,
          calls * bound,           calls * flops, calls * bytes};
}

std::vector<Row> addFamilies(const std::vector<NetworkKernel> &kernels,
                             const std::vector<Row> &rows) {
  std::map<size_t, Row> families;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t family = kernels[i].spec.family.index();
    families[family].name = kernels::kFamilyNames[family];
    families[family].add(rows[i]);
  }
  std::vector<Row> results;
  for (auto &[family, row] : families)
    results.push_back(std::move(row));
  return results;
}

static void printRow(const Row &row, double allSeconds) {
  std::printf("| %s | %lld | %.3f | %.1f %% | %.1f | %.1f | %.0f %% |\n",
              row.name.c_str(), static_cast<long long>(row.calls),
              1000 * row.seconds, 100 * row.seconds / allSeconds,
              row.flops / row.seconds / giga, row.bytes / row.seconds / giga,
              100 * row.bound / row.seconds);
}

void printTable(std::vector<Row> rows, const char *title) {
  std::sort(rows.begin(), rows.end(),
            [](const Row &a, const Row &b) { return a.seconds > b.seconds; });
  Row all;
  all.name = "all";
  for (const Row &row : rows)
    all.add(row);
  std::printf("| %s | calls | ms | share | GFLOP/s | GB/s | of its bound |\n"
              "|---|---|---|---|---|---|---|\n",
              title);
  for (const Row &row : rows)
    printRow(row, all.seconds);
  printRow(all, all.seconds);
}

void printPeaks(const Peaks &peaks) {
  std::printf("Peaks: %.0f GFLOP/s f32, %.0f bf16, %.0f Gop/s int8; GB/s by "
              "size:",
              peaks.f32 / giga, peaks.bf16 / giga, peaks.int8 / giga);
  for (const auto &[bytes, rate] : peaks.bandwidth)
    std::printf(" %lld KB %.0f%s", static_cast<long long>(bytes >> 10),
                rate / giga,
                bytes == peaks.bandwidth.rbegin()->first ? "" : ",");
  std::printf("\n");
}

} // namespace cvt::bench
