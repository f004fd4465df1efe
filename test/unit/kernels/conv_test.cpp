//===- conv_test.cpp - Convolutions against double precision --------------===//

#include "test/unit/kernels/packed_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static constexpr ImageLayout kNchw = ImageLayout::Nchw;
static constexpr ImageLayout kNhwc = ImageLayout::Nhwc;

static constexpr Formats kI8 = {Element::I8, Element::F32, Element::F32};

/// The weight of input `k` for output `n`.
static float weight(const KernelCall &call, int n, int k) {
  const GuardedBuffer &w = call["w"];
  if (w.element() == Element::U8)
    return (packedWeight(w, n, k) - 128) * call["scales"](n);
  return packedWeight(w, n, k);
}

/// How many weights a row of the window has in nchw: in pairs.
static int windowWidth(const KernelCall &call, const ConvSpec &s) {
  const int sideBySide = call["w"].dimensions() == 4 ? 2 : 1;
  return (s.kernel + sideBySide - 1) / sideBySide * sideBySide;
}

/// Output `n` at pixel (x, y) of image `b`.
static double convolved(const KernelCall &call, const ConvSpec &s, int n, int x,
                        int y, int b) {
  double sum = s.bias ? call["bias"](n) : 0;
  for (int c = 0; c < s.channels; c++)
    for (int ky = 0; ky < s.kernel; ky++)
      for (int kx = 0; kx < s.kernel; kx++) {
        int fromX = x * s.stride + kx - s.padding;
        int fromY = y * s.stride + ky - s.padding;
        if (fromX < 0 || fromY < 0 || fromX >= s.width || fromY >= s.height)
          continue;
        bool nchw = s.layout == kNchw;
        int k = nchw ? kx + windowWidth(call, s) * (ky + s.kernel * c)
                     : c + s.channels * (kx + s.kernel * ky);
        float pixel = nchw ? call["in"](fromX, fromY, c, b)
                           : call["in"](c, fromX, fromY, b);
        sum += double(pixel) * weight(call, n, k);
      }
  return sum;
}

/// That `call` has made the outputs that its input and weights give, which
/// reach 5, from up to 1200 products.
static void expectConvolution(const KernelCall &call, const ConvSpec &s) {
  const int width = convOutputExtent(s.width, s.kernel, s.stride, s.padding);
  expectClose(
      call["out"],
      [&](auto &i) {
        return convolved(call, s, i[0], i[1] % width, i[1] / width, i[2]);
      },
      8e-6);
}

TEST(Conv, MatchesDoubles) {
  // layout, channels, height, width, outputs, kernel, stride, padding, bias
  const ConvSpec specs[] = {{kNchw, 1, 1, 1, 1, 1, 1, 0, true},
                            {kNchw, 3, 32, 32, 64, 7, 4, 2, true},
                            {kNchw, 3, 33, 50, 24, 7, 4, 3, true},
                            {kNchw, 1, 64, 64, 48, 3, 2, 1, false},
                            {kNchw, 5, 9, 7, 10, 3, 1, 1, true},
                            {kNchw, 2, 5, 40, 130, 9, 3, 4, true},
                            {kNhwc, 64, 14, 14, 192, 3, 2, 1, true},
                            {kNhwc, 24, 9, 13, 40, 3, 2, 1, false},
                            {kNhwc, 7, 5, 6, 17, 2, 2, 0, true},
                            {kNhwc, 16, 4, 4, 16, 1, 1, 0, true},
                            {kNhwc, 3, 2, 3, 64, 3, 2, 1, true},
                            {kNhwc, 48, 8, 90, 96, 5, 1, 2, true},
                            {kNhwc, 8, 3, 3, 5, 3, 4, 5, true}};
  for (const ConvSpec &spec : specs)
    for (int batch : {1, 3}) {
      SCOPED_TRACE(symbolName({spec}) + " batch " + std::to_string(batch));
      forEachTarget([&](CpuTarget target) {
        KernelCall call({spec, target}, batch, /*gap=*/batch == 1 ? 0 : 77,
                        batch == 1 ? Guard::Behind : Guard::Before);
        scalePackedWeights(call["w"], spec.n,
                           spec.channels * spec.kernel * spec.kernel);
        ASSERT_EQ(call.run(), "");
        expectConvolution(call, spec);
      });
    }
}

/// Zeroes the weights that rows of the window are padded with.
static void zeroPadding(const KernelCall &call, const ConvSpec &spec) {
  const int width = windowWidth(call, spec);
  call["w"].forEach([&](auto &i, float &value) {
    if ((i[0] + 2 * i[2]) % width >= spec.kernel)
      value = 0;
  });
}

// The input is rounded before it is multiplied; sums are f32.
TEST(Conv, MultipliesBf16) {
  const ConvSpec specs[] = {{kNhwc, 64, 14, 14, 192, 3, 2, 1, true},
                            {kNhwc, 6, 5, 6, 17, 2, 2, 0, true},
                            {kNhwc, 24, 9, 13, 40, 3, 2, 1, false},
                            {kNchw, 3, 32, 32, 64, 7, 4, 2, true},
                            {kNchw, 3, 33, 50, 24, 7, 4, 3, true},
                            {kNchw, 1, 1, 1, 1, 1, 1, 0, true},
                            {kNchw, 1, 64, 64, 48, 3, 2, 1, false},
                            {kNchw, 5, 9, 7, 10, 4, 1, 0, true},
                            {kNchw, 2, 5, 40, 130, 9, 3, 4, true}};
  for (const ConvSpec &spec : specs)
    forEachTarget([&](CpuTarget target) {
      KernelCall call(
          {spec, target, {Element::Bf16, Element::F32, Element::F32}},
          /*batch=*/2, /*gap=*/3, Guard::Behind);
      scalePackedWeights(call["w"], spec.n,
                         spec.channels * spec.kernel * spec.kernel);
      if (spec.layout == kNchw)
        zeroPadding(call, spec);
      // Numbers with few digits need no rounding.
      call["in"].forEach(
          [](auto &, float &value) { value = std::round(value * 32) / 32; });
      ASSERT_EQ(call.run(), "");
      expectConvolution(call, spec);
    });
}

// Each pixel is rounded to a 127th of its largest magnitude: here that rounds
// nothing, so that only sums are rounded.
TEST(Conv, MultipliesBytes) {
  const ConvSpec specs[] = {{kNhwc, 64, 14, 14, 192, 3, 2, 1, true},
                            {kNhwc, 192, 7, 6, 70, 3, 2, 1, true},
                            {kNhwc, 24, 9, 13, 40, 3, 2, 1, false},
                            {kNhwc, 4, 5, 6, 17, 2, 2, 0, true},
                            {kNhwc, 12, 4, 4, 16, 1, 1, 0, false},
                            {kNhwc, 8, 3, 3, 5, 3, 4, 5, true},
                            {kNhwc, 20, 8, 90, 96, 5, 1, 2, true}};
  for (const ConvSpec &spec : specs)
    for (int batch : {1, 3}) {
      SCOPED_TRACE(symbolName({spec, {}, kI8}) + " batch " +
                   std::to_string(batch));
      forEachTarget([&](CpuTarget target) {
        KernelCall call({spec, target, kI8}, batch,
                        /*gap=*/batch == 1 ? 0 : 77,
                        batch == 1 ? Guard::Behind : Guard::Before);
        const float k = spec.channels * spec.kernel * spec.kernel;
        call["scales"].forEach(
            [&](auto &, float &value) { value /= 100 * std::sqrt(k); });
        call["in"].forEach([](auto &i, float &value) {
          // As far from others as pixels are from here to there.
          const float scale = std::ldexp(1.f, (i[1] + 3 * i[2]) % 7 - 8);
          const bool isLargest = i[0] == (i[1] + i[2]) % 4;
          value = isLargest ? -127 : std::round(60 * value);
          value = std::clamp(value, -127.f, 127.f) * scale;
        });
        ASSERT_EQ(call.run(), "");
        expectConvolution(call, spec);
      });
    }
}

// What can not be told from zero in 8 bits has no scale, but is no error.
TEST(Conv, TakesZerosAsBytes) {
  forEachTarget([&](CpuTarget target) {
    for (float least : {0.f, -0.f, 1e-40f, 1e-37f}) {
      const ConvSpec spec{kNhwc, 16, 5, 5, 16, 3, 2, 1, true};
      KernelCall call({spec, target, kI8}, 1, 0, Guard::Behind);
      call["in"].forEach([&](auto &, float &value) { value = least; });
      ASSERT_EQ(call.run(), "");
      call["out"].forEach([&](auto &i, float &value) {
        EXPECT_NEAR(value, call["bias"](i[0]), 1e-36);
      });
    }
  });
}

// What is beyond the border counts as zero, whatever the weights are.
TEST(Conv, PaddingIsZeroTimesNothing) {
  forEachTarget([&](CpuTarget target) {
    const ConvSpec spec{kNhwc, 16, 3, 3, 16, 3, 1, 1, false};
    const Formats bf16 = {Element::Bf16, Element::F32, Element::F32};
    for (const Formats &formats : {Formats(), bf16, kI8})
      for (float beyond : {NAN, -NAN, HUGE_VALF}) {
        KernelCall call({spec, target, formats}, 1, 0, Guard::Behind);
        call["in"].forEach([&](auto &i, float &value) {
          value = i[0] == 5 && i[1] == 0 && i[2] == 0 ? beyond : value;
        });
        ASSERT_EQ(call.run(), "");
        call["out"].forEach([&](auto &i, float &value) {
          bool touches = i[1] % 3 < 2 && i[1] / 3 < 2;
          EXPECT_EQ(std::isfinite(value), !touches) << i[1];
          if (std::isnan(beyond)) {
            EXPECT_EQ(std::isnan(value), touches) << i[1];
          }
        });
      }
  });
}
