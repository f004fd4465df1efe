//===- elementwise_test.cpp - Elementwise kernels against doubles ---------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static double gelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2)); }

static double quickGelu(double x) { return x / (1 + std::exp(-1.702 * x)); }

/// The result of `call` at each element, in the order of forEach.
static std::vector<double> elementwise(const KernelCall &call,
                                       ElementwiseOp op) {
  std::vector<double> results;
  call["x"].forEach([&](auto &i, float &x) {
    switch (op) {
    case ElementwiseOp::Add:
      return results.push_back(double(x) + call["y"](i[0], i[1], i[2]));
    case ElementwiseOp::Gelu:
      return results.push_back(gelu(x));
    case ElementwiseOp::QuickGelu:
      return results.push_back(quickGelu(x));
    }
  });
  return results;
}

static void expectResults(const KernelCall &call,
                          const std::vector<double> &results) {
  const GuardedBuffer &out = call["out"];
  expectClose(
      out,
      [&](auto &i) {
        return results[i[0] + out.extent(0) * (i[1] + out.extent(1) * i[2])];
      },
      1e-6);
}

struct Shape {
  int channels, tokens, batch, gap;
  Guard guard;
};

TEST(Elementwise, MatchesDoubles) {
  const Shape shapes[] = {
      {1, 1, 1, 0, Guard::Behind},     {5, 7, 3, 3, Guard::Behind},
      {10, 1, 1, 0, Guard::Behind},    {24, 9, 2, 5, Guard::Before},
      {64, 1600, 1, 0, Guard::Behind}, {100, 400, 3, 1, Guard::Before},
      {384, 197, 2, 0, Guard::Behind}};
  for (const Shape &s : shapes) {
    SCOPED_TRACE(testing::Message() << s.channels << " channels, " << s.tokens
                                    << " tokens, " << s.batch << " images");
    for (auto op :
         {ElementwiseOp::Add, ElementwiseOp::Gelu, ElementwiseOp::QuickGelu})
      forEachTarget([&](CpuTarget target) {
        KernelCall call({ElementwiseSpec{op, s.channels, s.tokens}, target},
                        s.batch, s.gap, s.guard);
        auto expected = elementwise(call, op);
        ASSERT_EQ(call.run(), "");
        expectResults(call, expected);
      });
  }
}

/// Runs GELU on numbers from -scale to scale, each of whose results may be off
/// by bound(exact result).
static void expectGeluWithin(float scale,
                             const std::function<double(double)> &bound) {
  const ElementwiseSpec spec{ElementwiseOp::Gelu, 4000, 1};
  forEachTarget([&](CpuTarget target) {
    KernelCall call({spec, target}, 1, 0, Guard::Behind);
    call["x"].forEach(
        [&](auto &i, float &x) { x = scale * ((i[0] - 2000) / 2000.f); });
    std::vector<double> expected = elementwise(call, spec.op);
    ASSERT_EQ(call.run(), "");
    call["out"].forEach([&](auto &i, float &x) {
      EXPECT_NEAR(x, expected[i[0]], bound(expected[i[0]]));
    });
  });
}

// Of numbers that are small, large, and around where a polynomial ends.
TEST(Elementwise, KeepsTheBoundOfGelu) {
  for (float scale : {7.f, 1e-4f, 1e4f, 3e38f})
    expectGeluWithin(
        scale, [](double x) { return std::max(5e-7, 1e-7 * std::abs(x)); });
}

// A layer norm behind may make small results large: errors of the same sign
// in all of them would not cancel.
TEST(Elementwise, KeepsTheRelativeBoundOfGeluCloseToZero) {
  for (float scale : {0.5f, 1e-2f, 1e-6f})
    expectGeluWithin(scale, [](double x) { return 6e-7 * std::abs(x); });
}

// The last of several tasks has fewer rows: none may be added to twice.
TEST(Elementwise, WorksInPlace) {
  for (std::string_view operand : {"x", "y"})
    forEachTarget([&](CpuTarget target) {
      KernelCall call({ElementwiseSpec{ElementwiseOp::Add, 30, 2501}, target},
                      2, 3, Guard::Behind);
      call.alias("out", operand);
      auto expected = elementwise(call, ElementwiseOp::Add);
      ASSERT_EQ(call.run(), "");
      expectResults(call, expected);
    });
}

TEST(Elementwise, ActivationsOfLargeNumbers) {
  for (auto op : {ElementwiseOp::Gelu, ElementwiseOp::QuickGelu})
    forEachTarget([&](CpuTarget target) {
      KernelCall call({ElementwiseSpec{op, 40, 1}, target}, 1, 0,
                      Guard::Behind);
      call["x"].forEach([](auto &i, float &x) {
        x = std::ldexp(i[0] % 2 ? 1.f : -1.f, i[0] / 2);
      });
      auto expected = elementwise(call, op);
      ASSERT_EQ(call.run(), "");
      // Where x is -2^19, a sigmoid below 1e-7 must give 0, not -0.05.
      expectResults(call, expected);
    });
}
