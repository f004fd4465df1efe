//===- cpu_target.cpp - The instruction sets kernels are compiled for -----===//

#include "compiler/kernels/cpu_target.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

#include <array>
#include <string>

namespace cvt::kernels {

namespace {

// Each target has the features of the one before, and some more.
constexpr size_t kFeaturesV3 = 10, kFeaturesV4 = 15, kFeaturesIceLake = 24,
                 kFeaturesZnver4 = 25;
constexpr std::array<std::string_view, kFeaturesZnver4> kFeatures = {
    "sse4.2", "avx", "avx2", "fma", "f16c", "bmi", "bmi2", "popcnt", "lzcnt",
    "movbe",
    // x86-64-v4
    "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl",
    // icelake
    "avx512vnni", "avx512vbmi", "avx512vbmi2", "avx512ifma", "avx512bitalg",
    "avx512vpopcntdq", "gfni", "vaes", "vpclmulqdq",
    // znver4
    "avx512bf16"};

constexpr CpuTargetInfo makeInfo(std::string_view name,
                                 std::string_view symbolSuffix, int lanes,
                                 int vectorRegisters, bool multipliesBf16,
                                 bool multipliesBytes, bool addsBesideProducts,
                                 size_t featureCount) {
  return {name,
          symbolSuffix,
          lanes,
          vectorRegisters,
          multipliesBf16,
          multipliesBytes,
          addsBesideProducts,
          std::span<const std::string_view>(kFeatures.data(), featureCount)};
}

// In the order of the enumeration, and of preference.
constexpr std::array<CpuTargetInfo, 4> kTargets = {
    makeInfo("x86-64-v3", "x86_64_v3", 8, 16, false, false, false, kFeaturesV3),
    makeInfo("x86-64-v4", "x86_64_v4", 16, 32, false, false, false,
             kFeaturesV4),
    makeInfo("icelake", "icelake", 16, 32, false, true, false,
             kFeaturesIceLake),
    makeInfo("znver4", "znver4", 16, 32, true, true, true, kFeaturesZnver4)};

} // namespace

const CpuTargetInfo &cpuTargetInfo(CpuTarget target) {
  return kTargets[static_cast<size_t>(target)];
}

std::optional<CpuTarget> parseCpuTarget(std::string_view name) {
  for (CpuTarget target : kCpuTargets)
    if (cpuTargetInfo(target).name == name)
      return target;
  return std::nullopt;
}

llvm::Expected<CpuTarget> nativeCpuTarget() {
  // Takes into account which registers the operating system saves.
  const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  std::string missing;
  for (size_t i = kTargets.size(); i-- > 0;) {
    missing.clear();
    for (std::string_view feature : kTargets[i].cpuFeatures)
      if (!host.lookup(feature))
        missing += (missing.empty() ? "" : ", ") + std::string(feature);
    if (missing.empty())
      return static_cast<CpuTarget>(i);
  }
  return llvm::createStringError("this CPU does not support " +
                                 std::string(kTargets[0].name) + ": it lacks " +
                                 missing);
}

} // namespace cvt::kernels
