//===- peak.cpp - What this machine can do at most ------------------------===//

#include "tools/cvt-bench-kernels/peak.h"

#include <immintrin.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace cvt::bench {

using kernels::CpuTarget;
using Clock = std::chrono::steady_clock;

static constexpr double leastSeconds = 0.005;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// Accumulators: enough for the latency of two multiply-adds in each cycle.
static constexpr int chains = 12;
/// Each of the loops below returns something of its result, which keeps it.

[[gnu::target("avx2,fma")]] static float multiplyAdd256(int64_t rounds) {
  const __m256 factor = _mm256_set1_ps(0.5f), addend = _mm256_set1_ps(1.0f);
  __m256 sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = _mm256_set1_ps(float(i));
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i)
      sums[i] = _mm256_fmadd_ps(sums[i], factor, addend);
  for (int i = 1; i < chains; ++i)
    sums[0] = _mm256_add_ps(sums[0], sums[i]);
  return _mm256_cvtss_f32(sums[0]);
}

[[gnu::target("avx512f")]] static float multiplyAdd512(int64_t rounds) {
  const __m512 factor = _mm512_set1_ps(0.5f), addend = _mm512_set1_ps(1.0f);
  __m512 sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = _mm512_set1_ps(float(i));
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i)
      sums[i] = _mm512_fmadd_ps(sums[i], factor, addend);
  for (int i = 1; i < chains; ++i)
    sums[0] = _mm512_add_ps(sums[0], sums[i]);
  return _mm512_cvtss_f32(sums[0]);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static float
dotBf16(int64_t rounds) {
  const __m512bh a =
      _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.25f));
  __m512 sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = _mm512_set1_ps(float(i));
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i)
      sums[i] = _mm512_dpbf16_ps(sums[i], a, a);
  for (int i = 1; i < chains; ++i)
    sums[0] = _mm512_add_ps(sums[0], sums[i]);
  return _mm512_cvtss_f32(sums[0]);
}

/// As kernels do it: products do not depend on sums, which so take a cycle
/// only. Written out, since products that are the same each time would be made
/// once.
static constexpr int addChains = 4;

[[gnu::target("avx2")]] static float dotInt16Of256(int64_t rounds) {
  const __m256i a = _mm256_set1_epi32(0x00010002);
  __m256i sums[addChains] = {};
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) {
      __m256i product;
      asm volatile("vpmaddwd %1, %1, %0" : "=x"(product) : "x"(a));
      sums[i % addChains] = _mm256_add_epi32(sums[i % addChains], product);
    }
  for (int i = 1; i < addChains; ++i)
    sums[0] = _mm256_add_epi32(sums[0], sums[i]);
  return float(_mm256_extract_epi32(sums[0], 0));
}

[[gnu::target("avx512f,avx512bw")]] static float dotInt16Of512(int64_t rounds) {
  const __m512i a = _mm512_set1_epi32(0x00010002);
  __m512i sums[addChains] = {};
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) {
      __m512i product;
      asm volatile("vpmaddwd %1, %1, %0" : "=v"(product) : "v"(a));
      sums[i % addChains] = _mm512_add_epi32(sums[i % addChains], product);
    }
  for (int i = 1; i < addChains; ++i)
    sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  int32_t lanes[16];
  _mm512_storeu_si512(lanes, sums[0]);
  return float(lanes[0]);
}

[[gnu::target("avx512f,avx512vnni")]] static float dotInt8(int64_t rounds) {
  const __m512i a = _mm512_set1_epi32(0x01020304);
  __m512i sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = _mm512_set1_epi32(i);
  for (int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i)
      sums[i] = _mm512_dpbusd_epi32(sums[i], a, a);
  for (int i = 1; i < chains; ++i)
    sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  int32_t lanes[16];
  _mm512_storeu_si512(lanes, sums[0]);
  return float(lanes[0]);
}

//===----------------------------------------------------------------------===//
// Bandwidth
//===----------------------------------------------------------------------===//

/// Reads `bytes`, a multiple of 128.
[[gnu::target("avx2")]] static float readAll(const std::byte *from,
                                             int64_t bytes) {
  __m256i seen[4] = {};
  for (int64_t i = 0; i < bytes; i += 128)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j)
      seen[j] = _mm256_or_si256(
          seen[j], _mm256_load_si256(
                       reinterpret_cast<const __m256i *>(from + i + 32 * j)));
  const __m256i all = _mm256_or_si256(_mm256_or_si256(seen[0], seen[1]),
                                      _mm256_or_si256(seen[2], seen[3]));
  return float(_mm256_extract_epi32(all, 0));
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Work that can be repeated: takes a thread and a number of repetitions.
using Loop = std::function<float(int thread, int64_t rounds)>;

/// Seconds from when all threads begin until the last one is done.
static double secondsOf(const Loop &loop, int threads, int64_t rounds) {
  std::barrier ready(threads);
  std::vector<Clock::time_point> began(threads), ended(threads);
  std::vector<float> kept(threads);
  auto work = [&](int thread) {
    ready.arrive_and_wait();
    began[thread] = Clock::now();
    kept[thread] = loop(thread, rounds);
    ended[thread] = Clock::now();
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(work, thread);
  work(0);
  for (std::thread &other : others)
    other.join();
  volatile float sink = kept[0];
  (void)sink;
  return std::chrono::duration<double>(
             *std::max_element(ended.begin(), ended.end()) -
             *std::min_element(began.begin(), began.end()))
      .count();
}

/// How many rounds a second all threads together do.
static double rateOf(const Loop &loop, int threads) {
  for (int64_t rounds = 1;; rounds *= 2) {
    const double seconds = secondsOf(loop, threads, rounds);
    if (seconds >= leastSeconds)
      return threads * rounds / seconds;
  }
}

static void raise(double &best, double seen) { best = std::max(best, seen); }

/// Keeps the compiler from using what it knows of memory.
static void forgetMemory() { asm volatile("" ::: "memory"); }

void raiseBandwidth(Peaks &peaks, int threads) {
  constexpr int64_t least = 1 << 16, most = 1 << 28;
  struct Free {
    void operator()(std::byte *p) const { std::free(p); }
  };
  const std::unique_ptr<std::byte, Free> memory(
      static_cast<std::byte *>(std::aligned_alloc(4096, most)));
  std::memset(memory.get(), 1, most);
  for (int64_t bytes = least; bytes <= most; bytes *= 2) {
    const int64_t share = bytes / threads / 256 * 256;
    auto begin = [&](int thread) { return memory.get() + thread * share; };
    const Loop read = [&](int thread, int64_t rounds) {
      float seen = 0;
      for (int64_t round = 0; round < rounds; ++round, forgetMemory())
        seen += readAll(begin(thread), share);
      return seen;
    };
    const Loop copy = [&](int thread, int64_t rounds) {
      for (int64_t round = 0; round < rounds; ++round, forgetMemory())
        std::memcpy(begin(thread), begin(thread) + share / 2, share / 2);
      return 0.0f;
    };
    for (const Loop &loop : {read, copy})
      raise(peaks.bandwidth[bytes], share * rateOf(loop, threads));
  }
}

static bool has(CpuTarget target, std::string_view feature) {
  const auto features = kernels::cpuTargetInfo(target).cpuFeatures;
  return std::find(features.begin(), features.end(), feature) != features.end();
}

void raiseArithmetic(Peaks &peaks, CpuTarget target, int threads) {
  // Two operations for each lane of each accumulator.
  auto raiseTo = [&](double &peak, float (*loop)(int64_t), int lanes) {
    const Loop work = [&](int, int64_t rounds) { return loop(rounds); };
    raise(peak, 2.0 * lanes * chains * rateOf(work, threads));
  };
  if (has(target, "avx512f"))
    raiseTo(peaks.f32, multiplyAdd512, 16);
  else
    raiseTo(peaks.f32, multiplyAdd256, 8);
  if (has(target, "avx512bf16"))
    raiseTo(peaks.bf16, dotBf16, 32);
  else
    peaks.bf16 = peaks.f32;
  if (has(target, "avx512vnni"))
    raiseTo(peaks.int8, dotInt8, 64);
  else if (has(target, "avx512bw"))
    raiseTo(peaks.int8, dotInt16Of512, 32);
  else
    raiseTo(peaks.int8, dotInt16Of256, 16);
}

double Peaks::arithmetic(kernels::Element math) const {
  switch (math) {
  case kernels::Element::F32:
    return f32;
  case kernels::Element::Bf16:
    return bf16;
  case kernels::Element::U8:
  case kernels::Element::I8:
    return int8;
  }
  __builtin_unreachable();
}

double Peaks::bandwidthAt(int64_t bytes) const {
  const auto found = bandwidth.lower_bound(bytes);
  return found == bandwidth.end() ? bandwidth.rbegin()->second : found->second;
}

} // namespace cvt::bench
