//===- attention_test.cpp - Attention against double precision ------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

/// The weights of all keys for query `q` of head `h` in image `b`.
static std::vector<double>
softmax(const KernelCall &call, const AttentionSpec &s, int q, int h, int b) {
  std::vector<double> weights;
  for (int k = 0; k < s.keys; k++) {
    double score = 0;
    for (int c = h * s.headDim; c < (h + 1) * s.headDim; c++)
      score += double(call["q"](c, q, b)) * call["k"](c, k, b);
    weights.push_back(score * s.scale);
  }
  double top = *std::max_element(weights.begin(), weights.end()), sum = 0;
  for (double &w : weights)
    sum += w = std::exp(w - top);
  for (double &w : weights)
    w /= sum;
  return weights;
}

/// By channel, query, image.
static std::vector<double> attention(const KernelCall &call,
                                     const AttentionSpec &s) {
  std::vector<double> results;
  for (int b = 0; b < call["q"].extent(2); b++)
    for (int q = 0; q < s.queries; q++)
      for (int h = 0; h < s.heads; h++) {
        std::vector<double> weights = softmax(call, s, q, h, b);
        for (int c = h * s.headDim; c < (h + 1) * s.headDim; c++) {
          double sum = 0;
          for (int k = 0; k < s.keys; k++)
            sum += weights[k] * call["v"](c, k, b);
          results.push_back(sum);
        }
      }
  return results;
}

static void expectAttention(const KernelCall &call, const AttentionSpec &spec,
                            double tolerance) {
  std::vector<double> expected = attention(call, spec);
  expectClose(
      call["out"],
      [&](auto &i) {
        return expected[i[0] +
                        call["out"].extent(0) * (i[1] + spec.queries * i[2])];
      },
      tolerance);
}

/// heads, head dim, queries, keys, scale
static const AttentionSpec kSpecs[] = {
    {1, 1, 1, 1, 1},        {1, 5, 3, 1, 0.5f},      {3, 16, 17, 26, 0.25f},
    {2, 24, 1, 50, 0.2f},   {6, 64, 50, 13, 0.125f}, {1, 64, 130, 300, 0.125f},
    {2, 10, 33, 7, 0.3f},   {1, 80, 40, 31, 0.1f},   {1, 128, 20, 12, 0.088f},
    {2, 67, 9, 5, 0.1f},    {1, 8, 400, 9, -0.3f},   {1, 32, 48, 25, 0.18f},
    {16, 64, 25, 20, 0.1f}, {128, 8, 20, 10, 0.35f}};

/// All of `specs` that there are in `formats`, for all targets.
static void expectAttentions(std::span<const AttentionSpec> specs,
                             const Formats &formats, double tolerance) {
  for (const AttentionSpec &spec : specs)
    for (int batch : {1, 3})
      forEachTarget([&](CpuTarget target) {
        const KernelSpec kernel{spec, target, formats};
        if (spec.headDim % interleave(formats.math, target) != 0)
          return;
        SCOPED_TRACE(symbolName(kernel) + " batch " + std::to_string(batch));
        KernelCall call(kernel, batch, /*gap=*/batch == 1 ? 0 : 5,
                        batch == 1 ? Guard::Behind : Guard::Before);
        ASSERT_EQ(call.run(), "");
        expectAttention(call, spec, tolerance);
      });
}

TEST(Attention, MatchesDoubles) { expectAttentions(kSpecs, {}, 2e-6); }

/// What differs from one bf16 to the next, relative to them.
static constexpr double kBf16Step = 1.0 / 128;

TEST(Attention, ReadsAndWritesBf16) {
  expectAttentions(std::span(kSpecs).subspan(2, 3),
                   {Element::F32, Element::Bf16, Element::Bf16},
                   kBf16Step / 2 + 2e-6);
}

// The weights of values, which are up to about 4 away from their mean, are
// rounded.
TEST(Attention, MultipliesBf16) {
  expectAttentions(kSpecs, {Element::Bf16, Element::Bf16, Element::F32},
                   4 * kBf16Step / 2);
  expectAttentions(std::span(kSpecs).subspan(2, 3), Formats::of(Element::Bf16),
                   5 * kBf16Step / 2);
}

static constexpr Formats kI8 = {Element::I8, Element::Bf16, Element::F32};

// Values, which are up to about 4 away from their mean, and their weights are
// off by half a step of 127 and of 255; scores of queries and keys that are, by
// a hundredth.
TEST(Attention, MultipliesBytes) {
  expectAttentions(kSpecs, kI8, 0.06);
  expectAttentions(std::span(kSpecs).subspan(2, 3),
                   {Element::I8, Element::Bf16, Element::Bf16}, 0.06);
}

// Of each query, key, and channel of the values, whatever others are.
TEST(Attention, ScalesBytesToTheirLargest) {
  forEachTarget([&](CpuTarget target) {
    const AttentionSpec spec{2, 16, 20, 31, 0.25f};
    KernelCall call({spec, target, kI8}, 1, 0, Guard::Behind);
    call["q"].forEach([](auto &i, float &x) { x *= i[1] % 2 ? 1e-3f : 2; });
    call["k"].forEach([](auto &i, float &x) { x *= i[1] % 3 ? 1e-3f : 2; });
    call["v"].forEach([](auto &i, float &x) { x *= i[0] % 5 ? 1e-3f : 1e3f; });
    ASSERT_EQ(call.run(), "");
    std::vector<double> expected = attention(call, spec);
    call["out"].forEach([&](auto &i, float &x) {
      double scale = i[0] % 5 ? 1e-3 : 1e3;
      EXPECT_NEAR(x / scale, expected[i[0] + 32 * i[1]] / scale, 0.1);
    });
  });
}

// What can not be told from zero in 8 bits has no scale, but is no error.
TEST(Attention, TakesZerosAsBytes) {
  forEachTarget([&](CpuTarget target) {
    const AttentionSpec spec{2, 16, 20, 31, 0.25f};
    for (float least : {0.f, 1e-40f}) {
      KernelCall call({spec, target, kI8}, 1, 0, Guard::Behind);
      for (const char *name : {"q", "k", "v"})
        call[name].forEach([&](auto &, float &x) { x = least; });
      ASSERT_EQ(call.run(), "");
      expectClose(call["out"], [](auto &) { return 0; }, 1e-36);
    }
  });
}

// Rounded weights are normalized by their own sum.
TEST(Attention, RoundedWeightsAddUpToOne) {
  forEachTarget([&](CpuTarget target) {
    for (Element math : {Element::Bf16, Element::I8}) {
      const AttentionSpec spec{2, 16, 20, 31, 0.25f};
      KernelCall call({spec, target, {math, Element::Bf16, Element::F32}}, 1, 0,
                      Guard::Behind);
      call["v"].forEach([](auto &, float &value) { value = 1; });
      ASSERT_EQ(call.run(), "");
      expectClose(call["out"], [](auto &) { return 1; }, 1e-6);
    }
  });
}

// Values are ones and zeros, so that results are the weights themselves.
TEST(Attention, RoundsExponentialsToBytes) {
  forEachTarget([](CpuTarget target) {
    const AttentionSpec spec{1, 128, 1, 128, 1};
    KernelCall call({spec, target, kI8}, 1, 0, Guard::Behind);
    // Exponents of two from 0 down to -11.
    const double step = 11. / 127;
    call["q"].forEach([](auto &i, float &x) { x = i[0] == 0; });
    call["k"].forEach([&](auto &i, float &x) {
      x = i[0] == 0 ? -step * std::log(2) * i[1] : 0;
    });
    call["v"].forEach([](auto &i, float &x) { x = i[0] == i[1]; });
    ASSERT_EQ(call.run(), "");
    for (int k = 0; k < spec.keys; k++) {
      // As the key was rounded to bf16.
      double power = 254.44 * std::exp(double(call["k"](0, k)));
      double byte = 254. * call["out"](k, 0) / call["out"](0, 0);
      const double dither = 0.125 + 0.5 * (k % 2) + 0.25 * (k / 2 % 2);
      EXPECT_LE(byte, power + dither + std::max(0.006 * power, 0.05)) << k;
      EXPECT_GT(byte, power + dither - 1 - std::max(0.006 * power, 0.05)) << k;
      EXPECT_NEAR(byte, std::round(byte), 1e-3) << k;
    }
  });
}

// The weights of many keys that are alike: as those of a flat background, of
// which each is less than a 254th of the largest.
TEST(Attention, KeepsTheSumOfSmallExponentials) {
  forEachTarget([](CpuTarget target) {
    const AttentionSpec spec{1, 16, 1, 1001, 1};
    for (double power : {0.15, 0.3, 0.49, 0.51, 0.7, 0.9, 1.4, 2.6}) {
      KernelCall call({spec, target, kI8}, 1, 0, Guard::Behind);
      call["q"].forEach([](auto &i, float &x) { x = i[0] == 0; });
      call["k"].forEach([&](auto &i, float &x) {
        x = i[0] == 0 && i[1] ? std::log(power / 254) : 0;
      });
      call["v"].forEach([](auto &i, float &x) { x = i[1] != 0; });
      ASSERT_EQ(call.run(), "");
      // As the keys were rounded to bf16.
      const double others = 254 * std::exp(double(call["k"](0, 1))) * 1000;
      const double most = (others + 125 + 50) / (254 + others + 125 + 50);
      const double least = (others - 125 - 50) / (254 + others - 125 - 50);
      EXPECT_LE(call["out"](0, 0), most) << power;
      EXPECT_GE(call["out"](0, 0), least) << power;
    }
  });
}

// Of a flat picture of 1024 pixels, whose values are rounded to the same side
// each time that one is added.
TEST(Attention, AddsUpManyEqualKeys) {
  for (int64_t keys : {16384, 16385})
    forEachTarget([&](CpuTarget target) {
      const AttentionSpec spec{1, 64, 2, keys, 1};
      KernelCall call({spec, target}, 1, 0, Guard::Behind);
      call["q"].forEach([](auto &i, float &x) { x = i[0] == 0; });
      // All but one are less than the largest, so powers are rounded too.
      call["k"].forEach([](auto &i, float &x) { x = i[1] == 7 ? 0.2f : 0; });
      call["v"].forEach([](auto &, float &x) { x = 0.1f; });
      ASSERT_EQ(call.run(), "");
      call["out"].forEach(
          [&](auto &, float &x) { EXPECT_NEAR(x, 0.1f, 1e-6) << keys; });
    });
}

// A block of scores that does not fit on the stack goes to scratch memory.
TEST(Attention, UsesScratchMemory) {
  forEachTarget([&](CpuTarget target) {
    const AttentionSpec spec{1, 16, 20, 1500, 0.25f};
    KernelCall call({spec, target}, 1, 0, Guard::Behind);
    ASSERT_EQ(call.run(), "");
    expectAttention(call, spec, 2e-6);
  });
}

/// Calls `body` for each target, multiplying in f32, bf16 and i8.
static void forEachKernel(const AttentionSpec &spec,
                          const std::function<void(const KernelSpec &)> &body) {
  forEachTarget([&](CpuTarget target) {
    body({spec, target});
    body({spec, target, {Element::Bf16, Element::Bf16, Element::F32}});
    body({spec, target, kI8});
  });
}

/// How far results may be off that are rounded to what `kernel` multiplies in.
static double rounding(const KernelSpec &kernel, double ofF32) {
  switch (kernel.formats.math) {
  case Element::Bf16:
    return 4 * kBf16Step / 2;
  case Element::I8:
    return 4 * (1.0 / 127 + 1.0 / 255) / 2;
  default:
    return ofF32;
  }
}

// Scores of which most exponentials are zero, and all would overflow.
TEST(Attention, SubtractsTheLargestScore) {
  const AttentionSpec spec{2, 16, 30, 20, 0.025f};
  forEachKernel(spec, [&](const KernelSpec &kernel) {
    KernelCall call(kernel, 1, 0, Guard::Behind);
    // What neither bf16 nor bytes round.
    for (const char *name : {"q", "k"})
      call[name].forEach([](auto &i, float &value) {
        value = i[0] % 16 ? std::round(30 * value) : 127;
      });
    ASSERT_EQ(call.run(), "");
    // Scores around 1000 are known to 1e-4.
    expectAttention(call, spec, rounding(kernel, 1e-3));
    for (float score : {-1e30f, 1e30f}) {
      call["q"].forEach([&](auto &, float &value) { value = score; });
      call["k"].forEach([](auto &i, float &value) { value = i[1] == 3; });
      ASSERT_EQ(call.run(), "");
      // One key is far above or below all others.
      call["out"].forEach([&](auto &i, float &value) {
        double sum = 0;
        for (int k = 0; k < spec.keys; k++)
          sum += k == 3 ? 0 : call["v"](i[0], k) / (spec.keys - 1.);
        EXPECT_NEAR(value, score > 0 ? call["v"](i[0], 3) : sum,
                    kernel.formats.math == Element::I8 ? rounding(kernel, 0)
                                                       : 1e-6);
      });
    }
  });
}

TEST(Attention, PassesNaNOn) {
  for (float nan : {NAN, -NAN})
    forEachKernel({2, 16, 5, 7, 0.25f}, [&](const KernelSpec &kernel) {
      KernelCall call(kernel, 1, 0, Guard::Behind);
      float &query = call["q"](20, 3), &key = call["k"](20, 3),
            &v = call["v"](20, 3);
      float finite = std::exchange(query, nan);
      ASSERT_EQ(call.run(), "");
      call["out"].forEach([](auto &i, float &value) {
        EXPECT_EQ(std::isnan(value), i[0] >= 16 && i[1] == 3);
      });
      query = finite;
      finite = std::exchange(key, nan);
      ASSERT_EQ(call.run(), "");
      call["out"].forEach([](auto &i, float &value) {
        EXPECT_EQ(std::isnan(value), i[0] >= 16);
      });
      key = finite;
      v = nan;
      ASSERT_EQ(call.run(), "");
      call["out"].forEach([](auto &i, float &value) {
        EXPECT_EQ(std::isnan(value), i[0] == 20);
      });
    });
}
