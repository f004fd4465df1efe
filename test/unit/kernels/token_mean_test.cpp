//===- token_mean_test.cpp - Means of tokens against doubles --------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

struct Shape {
  int channels, tokens, batch, gap;
  Guard guard;
};

TEST(TokenMean, MatchesDoubles) {
  const Shape shapes[] = {
      {1, 1, 1, 0, Guard::Behind},     {5, 7, 3, 3, Guard::Behind},
      {10, 33, 1, 0, Guard::Before},   {24, 16, 2, 5, Guard::Before},
      {24, 16, 2, 0, Guard::Behind},   {64, 3136, 1, 0, Guard::Behind},
      {100, 401, 3, 1, Guard::Behind}, {384, 196, 2, 0, Guard::Behind},
      {88, 20, 2, 0, Guard::Behind},   {1000, 1, 2, 0, Guard::Behind}};
  for (const Shape &s : shapes) {
    SCOPED_TRACE(testing::Message() << s.channels << " channels, " << s.tokens
                                    << " tokens, " << s.batch << " images");
    forEachTarget([&](CpuTarget target) {
      KernelCall call({TokenMeanSpec{s.channels, s.tokens}, target}, s.batch,
                      s.gap, s.guard);
      ASSERT_EQ(call.run(), "");
      expectClose(
          call["out"],
          [&](auto &i) {
            double sum = 0;
            for (int t = 0; t < s.tokens; t++)
              sum += call["in"](i[0], t, i[2]);
            return sum / s.tokens;
          },
          1e-6);
    });
  }
}

// Added one after another, many tokens of a flat image round to the same side
// ever more often.
TEST(TokenMean, KeepsItsBoundForManyEqualTokens) {
  const int channels = 24;
  for (int tokens : {12544, 12553, 65536})
    forEachTarget([&](CpuTarget target) {
      KernelCall call({TokenMeanSpec{channels, tokens}, target}, 1, 0,
                      Guard::Behind);
      call["in"].forEach(
          [](auto &i, float &value) { value = 0.1f + 0.37f * i[0]; });
      ASSERT_EQ(call.run(), "");
      expectClose(
          call["out"], [](auto &i) { return double(0.1f + 0.37f * i[0]); },
          2e-6);
    });
}
