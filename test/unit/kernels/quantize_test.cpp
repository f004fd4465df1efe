//===- quantize_test.cpp - Tokens to 8 bits and back ----------------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static KernelSpec makeSpec(int channels, int tokens, CpuTarget target,
                           Element in) {
  return {QuantizeSpec{channels, tokens}, target, {Element::F32, in, Element::U8}};
}

// The least and the greatest number of a token are 0 and 255; nothing is
// further than half a step from where it was.
TEST(Quantize, IsWithinHalfAStep) {
  struct Shape {
    int channels, tokens, batch, gap;
  };
  for (Shape s : {Shape{1, 3, 2, 1}, {30, 5, 2, 3}, {64, 196, 1, 0},
                  {100, 197, 3, 0}, {384, 50, 2, 5}})
    for (Element in : {Element::F32, Element::Bf16})
      forEachTarget([&](CpuTarget target) {
        KernelCall call(makeSpec(s.channels, s.tokens, target, in), s.batch,
                        s.gap, Guard::Behind);
        ASSERT_EQ(call.run(), "");
        for (int b = 0; b < s.batch; b++)
          for (int t = 0; t < s.tokens; t++) {
            const float step = call["ranges"](0, t, b);
            float low = call["x"](0, t, b), high = low;
            for (int c = 0; c < s.channels; c++) {
              const float x = call["x"](c, t, b);
              low = std::min(low, x);
              high = std::max(high, x);
              ASSERT_NEAR(call["out"](c, t, b) * step + call["ranges"](1, t, b),
                          x, 0.501 * step + 1e-6);
            }
            ASSERT_EQ(call["ranges"](1, t, b), low);
            ASSERT_NEAR(step, (high - low) / 255, 1e-6 * (high - low));
          }
      });
}

TEST(Quantize, KeepsTokensOfOneValue) {
  forEachTarget([&](CpuTarget target) {
    KernelCall call(makeSpec(40, 3, target, Element::F32), 1, 0, Guard::Behind);
    call["x"].forEach([](auto &, float &value) { value = -2.5f; });
    ASSERT_EQ(call.run(), "");
    call["out"].forEach([](auto &, float &value) { EXPECT_EQ(value, 0); });
    for (int t = 0; t < 3; t++) {
      EXPECT_EQ(call["ranges"](0, t), 0);
      EXPECT_EQ(call["ranges"](1, t), -2.5f);
    }
  });
}
