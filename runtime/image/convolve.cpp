//===- convolve.cpp - Weighted sums of 8-bit pixels -----------------------===//
//
// SSE2, which every x86-64 has.  Sums wrap modulo 2^32 as one long sum of full
// products would.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/convolve.h"

#include <algorithm>
#include <cstring>

#include <emmintrin.h>

using namespace cvt::image;

static constexpr int lowBits = 15;

void cvt::image::appendPairs(std::span<const int32_t> weights,
                             std::vector<WeightPair> &pairs) {
  for (size_t i = 0; i < weights.size(); i += 2) {
    int32_t a = weights[i];
    int32_t b = i + 1 < weights.size() ? weights[i + 1] : 0;
    constexpr int32_t lowMask = (1 << lowBits) - 1;
    auto join = [](int32_t first, int32_t second) {
      return uint32_t(uint16_t(first)) | uint32_t(uint16_t(second)) << 16;
    };
    pairs.push_back(
        {join(a & lowMask, b & lowMask), join(a >> lowBits, b >> lowBits)});
  }
}

namespace {

/// Four sums, their products with the weights' halves kept apart.
struct Sums {
  __m128i low = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();

  /// Adds, in each lane, two 16-bit values times a pair of weights.
  void add(__m128i values, __m128i lowPair, __m128i highPair) {
    low = _mm_add_epi32(low, _mm_madd_epi16(values, lowPair));
    high = _mm_add_epi32(high, _mm_madd_epi16(values, highPair));
  }

  /// Rounded, not yet clamped.
  __m128i shifted() const {
    __m128i half = _mm_set1_epi32(1 << (weightBits - 1));
    __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, lowBits), low);
    return _mm_srai_epi32(_mm_add_epi32(sum, half), weightBits);
  }
};

} // namespace

static __m128i load4(const uint8_t *p) {
  int32_t bits;
  std::memcpy(&bits, p, 4);
  return _mm_cvtsi32_si128(bits);
}

void cvt::image::convolvePixel(const uint8_t *in, size_t count,
                               const WeightPair *pairs, uint8_t *out) {
  __m128i zero = _mm_setzero_si128();
  Sums sums;
  for (; count >= 2; count -= 2, in += 6, ++pairs) {
    // Four bytes each, so that nothing behind the second pixel is read: it
    // is loaded from one byte before its start.
    __m128i first = load4(in);
    __m128i second = _mm_srli_epi32(load4(in + 2), 8);
    __m128i values = _mm_unpacklo_epi8(_mm_unpacklo_epi8(first, second), zero);
    sums.add(values, _mm_set1_epi32(int32_t(pairs->low)),
             _mm_set1_epi32(int32_t(pairs->high)));
  }
  if (count == 1)
    sums.add(_mm_setr_epi16(in[0], 0, in[1], 0, in[2], 0, 0, 0),
             _mm_set1_epi32(int32_t(pairs->low)),
             _mm_set1_epi32(int32_t(pairs->high)));
  __m128i words = _mm_packs_epi32(sums.shifted(), zero);
  int32_t bits = _mm_cvtsi128_si32(_mm_packus_epi16(words, zero));
  std::memcpy(out, &bits, 3);
}

/// 16 neighbouring bytes of the result.
static __m128i convolve16(const uint8_t *in, size_t stride, size_t count,
                          const WeightPair *pairs) {
  __m128i zero = _mm_setzero_si128();
  Sums sums[4];
  auto load = [&](size_t row) {
    return _mm_loadu_si128(
        reinterpret_cast<const __m128i *>(in + row * stride));
  };
  for (size_t i = 0; i < count; i += 2, ++pairs) {
    __m128i first = load(i);
    __m128i second = i + 1 < count ? load(i + 1) : zero;
    __m128i low = _mm_set1_epi32(int32_t(pairs->low));
    __m128i high = _mm_set1_epi32(int32_t(pairs->high));
    __m128i left = _mm_unpacklo_epi8(first, second);
    __m128i right = _mm_unpackhi_epi8(first, second);
    sums[0].add(_mm_unpacklo_epi8(left, zero), low, high);
    sums[1].add(_mm_unpackhi_epi8(left, zero), low, high);
    sums[2].add(_mm_unpacklo_epi8(right, zero), low, high);
    sums[3].add(_mm_unpackhi_epi8(right, zero), low, high);
  }
  return _mm_packus_epi16(
      _mm_packs_epi32(sums[0].shifted(), sums[1].shifted()),
      _mm_packs_epi32(sums[2].shifted(), sums[3].shifted()));
}

/// One byte of the result.
static uint8_t convolve1(const uint8_t *in, size_t stride, size_t count,
                         const WeightPair *pairs) {
  Sums sums;
  for (size_t i = 0; i < count; i += 2, ++pairs) {
    int first = in[i * stride];
    int second = i + 1 < count ? in[(i + 1) * stride] : 0;
    sums.add(_mm_cvtsi32_si128(first | second << 16),
             _mm_cvtsi32_si128(int32_t(pairs->low)),
             _mm_cvtsi32_si128(int32_t(pairs->high)));
  }
  return uint8_t(std::clamp(_mm_cvtsi128_si32(sums.shifted()), 0, 255));
}

void cvt::image::convolveRows(const uint8_t *in, size_t stride, size_t count,
                              const WeightPair *pairs, size_t bytes,
                              uint8_t *out) {
  size_t x = 0;
  for (; x + 16 <= bytes; x += 16)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(out + x),
                     convolve16(in + x, stride, count, pairs));
  for (; x < bytes; ++x)
    out[x] = convolve1(in + x, stride, count, pairs);
}
