//===- cpu_target.h - The instruction sets kernels are compiled for -------===//
//
// One table that says what each `--target` name means: for Halide, for LLVM,
// for the manifest's list of CPU features, and for the kernels' schedules.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_CPU_TARGET_H
#define CVT_COMPILER_KERNELS_CPU_TARGET_H

#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cvt::kernels {

enum class CpuTarget : uint8_t { X86V3, X86V4, IceLake, Znver4 };

/// All of them, each with the features of the one before and some more.
inline constexpr CpuTarget kCpuTargets[] = {
    CpuTarget::X86V3, CpuTarget::X86V4, CpuTarget::IceLake, CpuTarget::Znver4};

/// What is known about a target.  All views point to static storage.
struct CpuTargetInfo {
  /// As on the command line and in the manifest: "x86-64-v3".
  std::string_view name;
  /// The end of every kernel symbol: "x86_64_v3".
  std::string_view symbolSuffix;
  /// f32 lanes of a vector register, and how many such registers there are.
  int lanes;
  int vectorRegisters;
  /// Whether instructions add up products of two bf16 in each lane, and of
  /// four bytes.
  bool multipliesBf16, multipliesBytes;
  /// Whether sums are computed beside multiply-adds, by units of their own.
  bool addsBesideProducts;
  /// Names of the manifest's `cpu_features`: everything that compiled code for
  /// this target, kernels and host function, may use.
  std::span<const std::string_view> cpuFeatures;
};

/// Reentrant, like all functions here.
const CpuTargetInfo &cpuTargetInfo(CpuTarget target);

/// The target called `name`, or nothing.  "native" is not a target: see
/// nativeCpuTarget.
std::optional<CpuTarget> parseCpuTarget(std::string_view name);

/// The last of kCpuTargets all of whose features this CPU and its
/// operating system offer; an error that lists what is missing from
/// "x86-64-v3" when there is none.
llvm::Expected<CpuTarget> nativeCpuTarget();

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_CPU_TARGET_H
