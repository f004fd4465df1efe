//===- quantize_test.cpp - Tokens to 8 bits and back ----------------------===//

#include "test/unit/kernels/quantized_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static KernelSpec makeSpec(int channels, int tokens, CpuTarget target,
                           Element in) {
  return {
      QuantizeSpec{channels, tokens}, target, {Element::F32, in, Element::U8}};
}

// The least and the greatest number of a token are 0 and 255; nothing is
// further than half a step from where it was.
TEST(Quantize, IsWithinHalfAStep) {
  struct Shape {
    int channels, tokens, batch, gap;
  };
  for (Shape s : {Shape{1, 3, 2, 1},
                  {30, 5, 2, 3},
                  {64, 196, 1, 0},
                  {100, 197, 3, 0},
                  {384, 50, 2, 5},
                  {384, 197, 2, 1}})
    for (Element in : {Element::F32, Element::Bf16})
      forEachTarget([&](CpuTarget target) {
        KernelCall call(makeSpec(s.channels, s.tokens, target, in), s.batch,
                        s.gap, Guard::Behind);
        ASSERT_EQ(call.run(), "");
        for (int b = 0; b < s.batch; b++)
          for (int t = 0; t < s.tokens; t++) {
            const float step = getFloat(call["out"], s.channels, t, b);
            const float offset = getFloat(call["out"], s.channels + 4, t, b);
            float low = call["x"](0, t, b), high = low;
            for (int c = 0; c < s.channels; c++) {
              const float x = call["x"](c, t, b);
              low = std::min(low, x);
              high = std::max(high, x);
              ASSERT_NEAR(call["out"](c, t, b) * step + offset, x,
                          0.501 * step + 1e-6);
            }
            ASSERT_EQ(offset, low);
            ASSERT_NEAR(step, (high - low) / 255, 1e-6 * (high - low));
          }
      });
}

TEST(Quantize, KeepsTokensOfOneValue) {
  forEachTarget([&](CpuTarget target) {
    KernelCall call(makeSpec(40, 3, target, Element::F32), 1, 0, Guard::Behind);
    call["x"].forEach([](auto &, float &value) { value = -2.5f; });
    ASSERT_EQ(call.run(), "");
    for (int t = 0; t < 3; t++) {
      for (int c = 0; c < 40; c++)
        EXPECT_EQ(call["out"](c, t), 0);
      EXPECT_EQ(getFloat(call["out"], 40, t), 0);
      EXPECT_EQ(getFloat(call["out"], 44, t), -2.5f);
    }
  });
}

// Whatever a NaN is multiplied with has to become one.
TEST(Quantize, PassesNaNOn) {
  for (Element in : {Element::F32, Element::Bf16})
    for (float nan : {NAN, -NAN})
      for (int at : {0, 17, 39})
        forEachTarget([&](CpuTarget target) {
          KernelCall call(makeSpec(40, 3, target, in), 1, 0, Guard::Behind);
          call["x"](at, 1) = nan;
          ASSERT_EQ(call.run(), "");
          for (int t = 0; t < 3; t++)
            EXPECT_EQ(std::isnan(getFloat(call["out"], 40, t)), t == 1);
        });
}
