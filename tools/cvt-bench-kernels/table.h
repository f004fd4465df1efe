//===- table.h - Kernels and families against their bounds ----------------===//

#ifndef CVT_TOOLS_CVT_BENCH_KERNELS_TABLE_H
#define CVT_TOOLS_CVT_BENCH_KERNELS_TABLE_H

#include "tools/cvt-bench-kernels/network.h"
#include "tools/cvt-bench-kernels/peak.h"

#include <string>
#include <vector>

namespace cvt::bench {

/// One kernel or all of a family.
struct Row {
  std::string name;
  int64_t calls = 0;
  /// Of all calls together, for a batch: seconds, the least they could take,
  /// arithmetic and bytes.
  double seconds = 0, bound = 0, flops = 0, bytes = 0;

  void add(const Row &other);
};

/// What `kernel` did in `secondsPerCall`.  Its bound is the longer of two
/// times: of its arithmetic at the peak of its format, and of all bytes that it
/// reads and writes at the bandwidth for that many.
Row makeRow(const NetworkKernel &kernel, double secondsPerCall, int64_t batch,
            const Peaks &peaks);

/// Prints rows as a Markdown table, the longest first, and their sum.
void printTable(std::vector<Row> rows, const char *title);

/// The rows of each family of kernels added up.  `rows` are those of
/// `kernels`, in order.
std::vector<Row> addFamilies(const std::vector<NetworkKernel> &kernels,
                             const std::vector<Row> &rows);

void printPeaks(const Peaks &peaks);

} // namespace cvt::bench

#endif // CVT_TOOLS_CVT_BENCH_KERNELS_TABLE_H
