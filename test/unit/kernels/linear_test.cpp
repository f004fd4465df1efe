//===- linear_test.cpp - Matrix products against double precision ---------===//

#include "test/unit/kernels/packed_weights.h"
#include "test/unit/kernels/quantized_tokens.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

/// Results reach 4 or 5, of which this is about 1e-6.
static constexpr double kTolerance = 5e-6;

static double activated(Activation activation, double x) {
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Gelu:
    return x * 0.5 * std::erfc(-x / std::sqrt(2));
  case Activation::QuickGelu:
    return x / (1 + std::exp(-1.702 * x));
  }
  return NAN;
}

/// Row by row.
static std::vector<double> product(const KernelCall &call,
                                   const LinearSpec &spec) {
  std::vector<double> results;
  for (int m = 0; m < call["a"].extent(1); m++)
    for (int n = 0; n < spec.n; n++) {
      double sum = spec.bias ? call["bias"](n) : 0;
      for (int k = 0; k < spec.k; k++)
        sum += double(call["a"](k, m)) * packedWeight(call["w"], n, k);
      sum = activated(spec.activation, sum);
      results.push_back(spec.residual ? sum + call["residual"](n, m) : sum);
    }
  return results;
}

static void expectProduct(const KernelCall &call, const LinearSpec &spec,
                          const std::vector<double> &results) {
  expectClose(
      call["out"], [&](auto &i) { return results[i[0] + spec.n * i[1]]; },
      kTolerance);
}

struct Case {
  LinearSpec spec;
  int rows, gap;
  Guard guard;
};

static constexpr Activation kNone = Activation::None;
static constexpr Activation kGelu = Activation::Gelu;
static constexpr Activation kQuick = Activation::QuickGelu;

TEST(Linear, MatchesDoubles) {
  const Case cases[] = {
      // n, k, m, bias, residual, activation; rows, gap, guard
      {{1, 1, 1, false, false, kNone}, 1, 0, Guard::Behind},
      {{3, 2, 7, true, false, kNone}, 7, 0, Guard::Behind},
      {{10, 48, 1, true, false, kNone}, 3, 0, Guard::Behind},
      {{17, 5, 4, true, true, kGelu}, 9, 3, Guard::Before},
      {{24, 24, 50, true, false, kNone}, 101, 0, Guard::Behind},
      {{40, 96, 64, false, true, kQuick}, 64, 1, Guard::Behind},
      {{64, 64, 196, true, true, kNone}, 2 * 196, 0, Guard::Behind},
      {{64, 64, 3136, true, false, kNone}, 1, 0, Guard::Behind},
      {{72, 33, 13, true, false, kGelu}, 26, 5, Guard::Before},
      {{96, 24, 49, false, false, kGelu}, 5, 0, Guard::Behind},
      {{130, 70, 11, true, true, kNone}, 2, 7, Guard::Behind},
      {{384, 384, 50, true, false, kNone}, 2 * 50, 0, Guard::Before},
      {{384, 300, 1, true, true, kNone}, 5, 384 * 50, Guard::Behind},
      // Sums in chunks, of 128 and 96; and two that no chunk divides.
      {{20, 1024, 13, false, true, kNone}, 2 * 13, 2, Guard::Before},
      {{70, 768, 197, true, true, kGelu}, 197, 0, Guard::Behind},
      {{16, 1509, 1, true, false, kNone}, 3, 0, Guard::Behind},
      {{33, 1021, 50, true, false, kNone}, 51, 0, Guard::Behind},
      {{1000, 96, 1, true, false, kNone}, 1, 0, Guard::Behind},
      // In blocks of rows for znver4: of inputs in one chunk, in three, and in
      // two whose rows collide in the cache; without rows behind the blocks;
      // and in panels of 48 columns.
      {{128, 192, 107, true, true, kGelu}, 107, 0, Guard::Behind},
      {{384, 1536, 197, true, true, kNone}, 197, 0, Guard::Before},
      {{256, 1024, 145, true, false, kNone}, 145, 1024, Guard::Behind},
      {{128, 320, 96, false, true, kQuick}, 2 * 96, 5, Guard::Before},
      {{192, 256, 100, true, false, kNone}, 100, 0, Guard::Behind}};
  for (const Case &c : cases) {
    SCOPED_TRACE(symbolName({c.spec}) + " of " + std::to_string(c.rows) +
                 " rows");
    forEachTarget([&](CpuTarget target) {
      KernelCall call({c.spec, target}, c.rows, c.gap, c.guard);
      scalePackedWeights(call["w"], c.spec.n, c.spec.k);
      auto expected = product(call, c.spec);
      ASSERT_EQ(call.run(/*threads=*/c.rows % 2 + 1), "");
      expectProduct(call, c.spec, expected);
    });
  }
}

// Tiles, tasks and tails depend on how many rows there are at run time.
TEST(Linear, TakesAnyNumberOfRows) {
  for (int k : {16, 1024})
    for (int rows :
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 29, 31, 60, 90, 150})
      forEachTarget([&](CpuTarget target) {
        SCOPED_TRACE(std::to_string(rows) + " rows of " + std::to_string(k));
        const LinearSpec spec{48, k, 30, true, true, kNone};
        KernelCall call({spec, target}, rows, 0, Guard::Behind);
        scalePackedWeights(call["w"], spec.n, spec.k);
        auto expected = product(call, spec);
        ASSERT_EQ(call.run(), "");
        expectProduct(call, spec, expected);
      });
}

TEST(Linear, ReplacesItsResidual) {
  for (auto [n, k] : {std::pair(20, 64), {64, 64}, {64, 1024}, {128, 1024}})
    forEachTarget([&](CpuTarget target) {
      const LinearSpec spec{n, k, 197, true, true, kNone};
      KernelCall call({spec, target}, 2 * 197, 3, Guard::Behind);
      scalePackedWeights(call["w"], spec.n, spec.k);
      call.alias("out", "residual");
      auto expected = product(call, spec);
      ASSERT_EQ(call.run(), "");
      expectProduct(call, spec, expected);
    });
}

// Blocks of rows are of one image each, so that it makes no difference which
// images there are beside it; there may be parts of images.
TEST(Linear, ComputesEachImageAlike) {
  const int rowsOfImage = 107;
  for (int k : {192, 1024})
    forEachTarget([&](CpuTarget target) {
      const LinearSpec spec{128, k, rowsOfImage, true, false, kNone};
      SCOPED_TRACE(symbolName({spec, target}));
      std::vector<float> alone;
      for (int rows : {rowsOfImage - 1, rowsOfImage, 2 * rowsOfImage + 17}) {
        SCOPED_TRACE(std::to_string(rows) + " rows");
        KernelCall call({spec, target}, rows, 0, Guard::Behind);
        std::mt19937 random;
        std::normal_distribution<float> normal;
        for (const char *input : {"w", "bias", "a"})
          call[input].forEach(
              [&](auto &, float &value) { value = normal(random); });
        call["a"].forEach([&](auto &i, float &value) {
          if (i[1] >= rowsOfImage)
            value = call["a"](i[0], i[1] - rowsOfImage);
        });
        scalePackedWeights(call["w"], spec.n, spec.k);
        auto expected = product(call, spec);
        ASSERT_EQ(call.run(/*threads=*/rows % 2 + 1), "");
        expectProduct(call, spec, expected);
        if (rows == rowsOfImage)
          call["out"].forEach(
              [&](auto &, float &value) { alone.push_back(value); });
        for (int m = 0; m < rows - rows % rowsOfImage; m++)
          for (int n = 0; n < spec.n; n++)
            ASSERT_EQ(call["out"](n, m), alone[n + spec.n * (m % rowsOfImage)]);
      }
    });
}

// In weights and bias of columns that do not exist, anything may be.
TEST(Linear, IgnoresPaddingOfPanels) {
  forEachTarget([&](CpuTarget target) {
    const LinearSpec spec{21, 8, 10, true, false, kNone};
    KernelCall call({spec, target}, 10, 0, Guard::Behind);
    scalePackedWeights(call["w"], spec.n, spec.k);
    auto expected = product(call, spec);
    const int width = call["w"].extent(0);
    call["w"].forEach([&](auto &i, float &value) {
      if (i[0] + width * i[2] >= spec.n)
        value = NAN;
    });
    call["bias"].forEach([&](auto &i, float &value) {
      if (i[0] >= spec.n)
        value = NAN;
    });
    ASSERT_EQ(call.run(), "");
    expectProduct(call, spec, expected);
  });
}

TEST(Linear, PassesNaNOn) {
  for (Activation activation : {kNone, kGelu, kQuick})
    forEachTarget([&](CpuTarget target) {
      const LinearSpec spec{16, 8, 7, false, false, activation};
      KernelCall call({spec, target}, 7, 0, Guard::Behind);
      call["a"](3, 2) = NAN;
      ASSERT_EQ(call.run(), "");
      call["out"].forEach([](auto &i, float &value) {
        EXPECT_EQ(std::isnan(value), i[1] == 2);
      });
    });
}

/// What differs from one bf16 to the next, relative to them.
static constexpr double kBf16Step = 1.0 / 128;

// Sums of products of bf16 numbers are as exact as those of f32 ones; results
// in bf16 are the nearest.
TEST(Linear, MultipliesBf16) {
  const Case cases[] = {
      {{64, 64, 196, true, false, kNone}, 2 * 196, 0, Guard::Behind},
      {{17, 6, 4, true, true, kGelu}, 9, 3, Guard::Before},
      {{40, 96, 64, false, true, kQuick}, 64, 1, Guard::Behind},
      {{10, 2, 1, false, false, kNone}, 3, 5, Guard::Behind},
      {{1000, 96, 1, true, false, kGelu}, 1, 0, Guard::Behind}};
  for (const Case &c : cases)
    for (Element result : {Element::F32, Element::Bf16}) {
      if (c.spec.residual && result == Element::Bf16)
        continue;
      forEachTarget([&](CpuTarget target) {
        KernelCall call(
            {c.spec, target, {Element::Bf16, Element::Bf16, result}}, c.rows,
            c.gap, c.guard);
        scalePackedWeights(call["w"], c.spec.n, c.spec.k);
        auto expected = product(call, c.spec);
        ASSERT_EQ(call.run(/*threads=*/c.rows % 2 + 1), "");
        expectClose(
            call["out"],
            [&](auto &i) { return expected[i[0] + c.spec.n * i[1]]; },
            result == Element::F32 ? kTolerance : kBf16Step / 2 + kTolerance);
      });
    }
}

// Numbers close to 0 keep their relative error, of which the coarser GELU takes
// less than rounding does.
TEST(Linear, KeepsTheRelativeBoundOfCoarseGeluCloseToZero) {
  forEachTarget([&](CpuTarget target) {
    const LinearSpec spec{16, 2, 64, false, false, kGelu};
    KernelCall call({spec, target, Formats::of(Element::Bf16)}, 64, 0,
                    Guard::Behind);
    call["a"].forEach([](auto &i, float &value) {
      value = i[0] ? 0 : std::ldexp(float(i[1] - 32), -10);
    });
    auto expected = product(call, spec);
    ASSERT_EQ(call.run(), "");
    call["out"].forEach([&](auto &i, float &value) {
      const double exact = expected[i[0] + spec.n * i[1]];
      EXPECT_NEAR(value, exact, (kBf16Step / 2 + 0.0016) * std::abs(exact));
    });
  });
}

// Integers are summed exactly: only the scales are rounded.
TEST(Linear, MultipliesQuantizedTokens) {
  for (bool residual : {false, true})
    forEachTarget([&](CpuTarget target) {
      const LinearSpec spec{70, 384, 50, true, residual, kGelu};
      KernelCall call({spec, target, Formats::of(Element::I8)}, 2 * 50, 3,
                      Guard::Behind);
      call["scales"].forEach([](auto &, float &value) { value /= 1000; });
      std::vector<double> expected;
      for (int m = 0; m < 2 * 50; m++) {
        const float scale = 1e-5f * float(m - 7), low = 0.1f * float(m - 30);
        setFloat(call["a"], 384, m, scale);
        setFloat(call["a"], 388, m, low);
        for (int n = 0; n < spec.n; n++) {
          double sum = 0;
          for (int k = 0; k < spec.k; k++)
            sum += double(call["a"](k, m)) * packedWeight(call["w"], n, k);
          sum = sum * scale * call["scales"](n) +
                double(low) * call["sums"](n) + call["bias"](n);
          sum = activated(spec.activation, sum);
          expected.push_back(residual ? sum + call["residual"](n, m) : sum);
        }
      }
      ASSERT_EQ(call.run(), "");
      expectProduct(call, spec, expected);
    });
}
