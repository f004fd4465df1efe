//===- cpu_features.cpp - What this CPU can execute -----------------------===//
//
// A table of CPUID bits.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/cpu_features.h"

#include <cpuid.h>
#include <cstdint>

namespace cvt {

namespace {
enum Register { EAX, EBX, ECX, EDX };

/// Registers that the operating system has to save for a feature to work, as
/// bits of XCR0.
enum SavedState : uint64_t {
  NoState = 0,
  AvxState = 0x6,
  Avx512State = 0xe6,
};

struct Feature {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register reg;
  int bit;
  SavedState state;
};
} // namespace

static constexpr uint32_t extended = 0x80000001;

static constexpr Feature features[] = {
    {"sse3", 1, 0, ECX, 0, NoState},
    {"ssse3", 1, 0, ECX, 9, NoState},
    {"cx16", 1, 0, ECX, 13, NoState},
    {"sse4.1", 1, 0, ECX, 19, NoState},
    {"sse4.2", 1, 0, ECX, 20, NoState},
    {"movbe", 1, 0, ECX, 22, NoState},
    {"popcnt", 1, 0, ECX, 23, NoState},
    {"fma", 1, 0, ECX, 12, AvxState},
    {"avx", 1, 0, ECX, 28, AvxState},
    {"f16c", 1, 0, ECX, 29, AvxState},
    {"lzcnt", extended, 0, ECX, 5, NoState},
    {"bmi", 7, 0, EBX, 3, NoState},
    {"avx2", 7, 0, EBX, 5, AvxState},
    {"bmi2", 7, 0, EBX, 8, NoState},
    {"avx512f", 7, 0, EBX, 16, Avx512State},
    {"avx512dq", 7, 0, EBX, 17, Avx512State},
    {"avx512ifma", 7, 0, EBX, 21, Avx512State},
    {"avx512cd", 7, 0, EBX, 28, Avx512State},
    {"avx512bw", 7, 0, EBX, 30, Avx512State},
    {"avx512vl", 7, 0, EBX, 31, Avx512State},
    {"avx512vbmi", 7, 0, ECX, 1, Avx512State},
    {"avx512vbmi2", 7, 0, ECX, 6, Avx512State},
    {"gfni", 7, 0, ECX, 8, NoState},
    {"vaes", 7, 0, ECX, 9, AvxState},
    {"vpclmulqdq", 7, 0, ECX, 10, AvxState},
    {"avx512vnni", 7, 0, ECX, 11, Avx512State},
    {"avx512bitalg", 7, 0, ECX, 12, Avx512State},
    {"avx512vpopcntdq", 7, 0, ECX, 14, Avx512State},
    {"avxvnni", 7, 1, EAX, 4, AvxState},
    {"avx512bf16", 7, 1, EAX, 5, Avx512State},
};

/// XCR0, or 0 where the system does not use XSAVE.
static uint64_t readSavedStates() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE))
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

bool cpuHasFeature(std::string_view name) {
  for (const Feature &feature : features) {
    if (feature.name != name)
      continue;
    uint32_t registers[4];
    if (!__get_cpuid_count(feature.leaf, feature.subleaf, &registers[EAX],
                           &registers[EBX], &registers[ECX], &registers[EDX]))
      return false;
    // Leaf 7 says in EAX how many more subleaves there are.
    uint32_t last, unused;
    if (feature.subleaf != 0 &&
        (!__get_cpuid_count(feature.leaf, 0, &last, &unused, &unused,
                            &unused) ||
         last < feature.subleaf))
      return false;
    return (registers[feature.reg] >> feature.bit & 1) &&
           (readSavedStates() & feature.state) == feature.state;
  }
  return false;
}

} // namespace cvt
