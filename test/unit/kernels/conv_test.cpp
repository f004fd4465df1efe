//===- conv_test.cpp - Convolutions against double precision --------------===//

#include "test/unit/kernels/packed_weights.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static constexpr ImageLayout kNchw = ImageLayout::Nchw;
static constexpr ImageLayout kNhwc = ImageLayout::Nhwc;

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
        int k = nchw ? kx + s.kernel * (ky + s.kernel * c)
                     : c + s.channels * (kx + s.kernel * ky);
        float pixel = nchw ? call["in"](fromX, fromY, c, b)
                           : call["in"](c, fromX, fromY, b);
        sum += double(pixel) * packedWeight(call["w"], n, k);
      }
  return sum;
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
        const int width = convOutputExtent(spec.width, spec.kernel, spec.stride,
                                           spec.padding);
        expectClose(
            call["out"],
            [&](auto &i) {
              return convolved(call, spec, i[0], i[1] % width, i[1] / width,
                               i[2]);
            },
            8e-6); // of results that reach 5, from up to 1200 products
      });
    }
}

// The input is rounded before it is multiplied; sums are f32.
TEST(Conv, MultipliesBf16) {
  const ConvSpec specs[] = {{kNhwc, 64, 14, 14, 192, 3, 2, 1, true},
                            {kNhwc, 6, 5, 6, 17, 2, 2, 0, true},
                            {kNhwc, 24, 9, 13, 40, 3, 2, 1, false}};
  for (const ConvSpec &spec : specs)
    forEachTarget([&](CpuTarget target) {
      KernelCall call({spec, target, {Element::Bf16, Element::F32, Element::F32}},
                      /*batch=*/2, /*gap=*/3, Guard::Behind);
      scalePackedWeights(call["w"], spec.n,
                         spec.channels * spec.kernel * spec.kernel);
      // Numbers with few digits need no rounding.
      call["in"].forEach([](auto &, float &value) {
        value = std::round(value * 32) / 32;
      });
      ASSERT_EQ(call.run(), "");
      const int width = convOutputExtent(spec.width, spec.kernel, spec.stride,
                                         spec.padding);
      expectClose(
          call["out"],
          [&](auto &i) {
            return convolved(call, spec, i[0], i[1] % width, i[1] / width,
                             i[2]);
          },
          8e-6);
    });
}

// What is beyond the border counts as zero, whatever the weights are.
TEST(Conv, PaddingIsZeroTimesNothing) {
  forEachTarget([&](CpuTarget target) {
    const ConvSpec spec{kNhwc, 16, 3, 3, 16, 3, 1, 1, false};
    KernelCall call({spec, target}, 1, 0, Guard::Behind);
    call["in"].forEach([](auto &i, float &value) {
      value = i[1] == 0 && i[2] == 0 ? NAN : value;
    });
    ASSERT_EQ(call.run(), "");
    call["out"].forEach([](auto &i, float &value) {
      bool touchesNaN = i[1] % 3 < 2 && i[1] / 3 < 2;
      EXPECT_EQ(std::isnan(value), touchesNaN) << i[1];
    });
  });
}
