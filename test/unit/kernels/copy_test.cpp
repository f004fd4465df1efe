//===- copy_test.cpp - Copies between strided views -----------------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static void expectCopy(const KernelCall &call) {
  ASSERT_EQ(call.run(), "");
  expectClose(
      call["out"], [&](auto &i) { return call["in"](i[0], i[1], i[2]); }, 0);
}

struct Shape {
  int channels, tokens, batch, gap;
  Guard guard;
};

TEST(Copy, AnyShapeAndStrides) {
  const Shape shapes[] = {
      {1, 1, 1, 0, Guard::Behind},     {5, 7, 3, 3, Guard::Behind},
      {10, 3, 1, 0, Guard::Before},    {24, 9, 2, 5, Guard::Before},
      {64, 1600, 1, 0, Guard::Behind}, {100, 400, 3, 1, Guard::Behind},
      {384, 196, 2, 0, Guard::Behind}, {384, 1, 5, 0, Guard::Before}};
  for (const Shape &s : shapes) {
    SCOPED_TRACE(testing::Message() << s.channels << " channels, " << s.tokens
                                    << " tokens, " << s.batch << " images");
    forEachTarget([&](CpuTarget target) {
      KernelCall call({CopySpec{s.channels, s.tokens}, target}, s.batch, s.gap,
                      s.guard);
      expectCopy(call);
    });
  }
}

// The class token is a weight that all images share.
TEST(Copy, OneRowToTheFirstTokenOfEachImage) {
  for (int channels : {10, 384})
    forEachTarget([&](CpuTarget target) {
      KernelCall call({CopySpec{channels, 1}, target}, 3, 0, Guard::Behind);
      call.setStrides("in", {1, channels, 0});
      call.setStrides("out", {1, channels, channels * 5});
      expectCopy(call);
    });
}
