//===- layer_norm_test.cpp - Layer norm against double precision ----------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

/// The layer norm of the row of `x` at (t, b), not yet scaled and shifted.
static std::vector<double> normalisedRow(const GuardedBuffer &x, int t, int b,
                                         double epsilon) {
  const int channels = x.extent(0);
  double mean = 0, variance = 0;
  for (int c = 0; c < channels; c++)
    mean += double(x(c, t, b)) / channels;
  for (int c = 0; c < channels; c++)
    variance += std::pow(x(c, t, b) - mean, 2) / channels;
  std::vector<double> row;
  for (int c = 0; c < channels; c++)
    row.push_back((x(c, t, b) - mean) / std::sqrt(variance + epsilon));
  return row;
}

static std::vector<std::vector<double>> layerNorm(const KernelCall &call,
                                                  const LayerNormSpec &spec) {
  const GuardedBuffer &x = call["x"];
  std::vector<std::vector<double>> rows;
  for (int b = 0; b < x.extent(2); b++)
    for (int t = 0; t < x.extent(1); t++) {
      rows.push_back(normalisedRow(x, t, b, spec.epsilon));
      for (int c = 0; c < x.extent(0); c++)
        rows.back()[c] = rows.back()[c] * call["gamma"](c) + call["beta"](c);
    }
  return rows;
}

static void expectRows(const KernelCall &call,
                       const std::vector<std::vector<double>> &rows,
                       double tolerance = 2e-6) {
  const int tokens = call["out"].extent(1);
  expectClose(
      call["out"], [&](auto &i) { return rows[i[1] + i[2] * tokens][i[0]]; },
      tolerance);
}

struct Shape {
  int channels, tokens, batch, gap;
  Guard guard;
};

TEST(LayerNorm, MatchesDoubles) {
  const Shape shapes[] = {
      {1, 1, 1, 0, Guard::Behind},     {5, 7, 3, 3, Guard::Behind},
      {10, 4, 2, 0, Guard::Behind},    {24, 17, 1, 0, Guard::Behind},
      {24, 3, 2, 5, Guard::Before},    {64, 600, 2, 0, Guard::Behind},
      {88, 20, 2, 0, Guard::Behind},   {96, 50, 3, 1, Guard::Behind},
      {100, 401, 2, 0, Guard::Behind}, {112, 5, 1, 0, Guard::Behind},
      {192, 784, 1, 2, Guard::Before}, {384, 197, 1, 0, Guard::Behind},
      {384, 1, 9, 384, Guard::Behind}, {1024, 2, 1, 0, Guard::Behind}};
  for (const Shape &s : shapes) {
    SCOPED_TRACE(testing::Message() << s.channels << " channels, " << s.tokens
                                    << " tokens, " << s.batch << " images");
    forEachTarget([&](CpuTarget target) {
      LayerNormSpec norm{s.channels, s.tokens, 1e-5f};
      KernelCall call({norm, target}, s.batch, s.gap, s.guard);
      auto expected = layerNorm(call, norm);
      ASSERT_EQ(call.run(), "");
      expectRows(call, expected);
    });
  }
}

// The last of several tasks has fewer rows: none may be normalised twice.
TEST(LayerNorm, WorksInPlace) {
  for (int channels : {30, 64}) {
    forEachTarget([&](CpuTarget target) {
      LayerNormSpec norm{channels, 2301, 1e-6f};
      KernelCall call({norm, target}, 2, 3, Guard::Behind);
      call.alias("out", "x");
      auto expected = layerNorm(call, norm);
      ASSERT_EQ(call.run(), "");
      expectRows(call, expected);
    });
  }
}

// A variance from the mean of squares would have no correct digit here.
TEST(LayerNorm, KeepsDigitsFarFromZero) {
  forEachTarget([&](CpuTarget target) {
    LayerNormSpec norm{192, 20, 1e-5f};
    KernelCall call({norm, target}, 1, 0, Guard::Behind);
    call["x"].forEach([](auto &, float &value) { value += 3000; });
    auto expected = layerNorm(call, norm);
    ASSERT_EQ(call.run(), "");
    // Near 3000 neighbouring numbers, and so means, are 2.4e-4 apart, which
    // gamma enlarges.
    expectRows(call, expected, 3e-3);
  });
}

TEST(LayerNorm, ConstantRowsGiveBeta) {
  forEachTarget([&](CpuTarget target) {
    LayerNormSpec norm{40, 3, 1e-5f};
    KernelCall call({norm, target}, 1, 0, Guard::Behind);
    call["x"].forEach([](auto &, float &value) { value = 0.5f; });
    ASSERT_EQ(call.run(), "");
    expectClose(call["out"], [&](auto &i) { return call["beta"](i[0]); }, 1e-4);
  });
}
