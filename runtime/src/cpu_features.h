//===- cpu_features.h - What this CPU can execute -------------------------===//
//
// Asked of the CPU and of the operating system bit by bit, not concluded from
// a model name: virtual machines mask features.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_CPU_FEATURES_H
#define CVT_RUNTIME_CPU_FEATURES_H

#include <string_view>

namespace cvt {

/// Whether this CPU has the feature of that name (LLVM's spelling: "avx2",
/// "fma", "avx512bf16", ...) and the system saves its registers.  False for
/// names that this runtime does not know.  Thread-safe.
bool cpuHasFeature(std::string_view name);

} // namespace cvt

#endif // CVT_RUNTIME_CPU_FEATURES_H
