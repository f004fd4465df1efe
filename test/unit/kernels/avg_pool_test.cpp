//===- avg_pool_test.cpp - Average pooling against doubles ----------------===//
//
// The reference counts, for each window, the pixels of the padded image one by
// one; one case is pinned to what PyTorch prints.
//
//===----------------------------------------------------------------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

static double averageOfWindow(const GuardedBuffer &in, const AvgPoolSpec &s,
                              const GuardedBuffer::Index &at) {
  double sum = 0;
  int count = 0;
  for (int ky = 0; ky < s.kernel; ky++)
    for (int kx = 0; kx < s.kernel; kx++) {
      int x = at[1] * s.stride - s.padding + kx;
      int y = at[2] * s.stride - s.padding + ky;
      if (x >= s.width + s.padding || y >= s.height + s.padding)
        continue;
      count++;
      if (x >= 0 && y >= 0 && x < s.width && y < s.height)
        sum += in(at[0], x, y, at[3]);
    }
  return sum / count;
}

TEST(AvgPool, MatchesDoubles) {
  // channels, height, width, kernel, stride, padding
  const AvgPoolSpec specs[] = {
      {1, 1, 1, 1, 1, 0},    {5, 1, 1, 3, 2, 1},    {10, 7, 5, 3, 2, 1},
      {24, 8, 8, 3, 2, 1},   {24, 9, 14, 2, 2, 0},  {10, 6, 7, 3, 4, 1},
      {64, 28, 28, 3, 1, 1}, {88, 9, 6, 3, 2, 1},   {100, 13, 12, 5, 3, 2},
      {7, 5, 5, 4, 3, 2},    {96, 56, 56, 3, 2, 1}, {3, 4, 4, 2, 3, 1},
      {32, 2, 18, 5, 2, 1},  {7, 4, 5, 6, 3, 0}};
  for (const AvgPoolSpec &spec : specs)
    for (int batch : {1, 3}) {
      SCOPED_TRACE(symbolName({spec}) + " batch " + std::to_string(batch));
      forEachTarget([&](CpuTarget target) {
        KernelCall call({spec, target}, batch, /*gap=*/batch == 1 ? 0 : 5,
                        batch == 1 ? Guard::Behind : Guard::Before);
        ASSERT_EQ(call.run(), "");
        expectClose(
            call["out"],
            [&](auto &i) { return averageOfWindow(call["in"], spec, i); },
            1e-6);
      });
    }
}

// torch.nn.AvgPool2d(3, 2, 1, ceil_mode=True)(torch.arange(16.).view(1,1,4,4))
TEST(AvgPool, AsTorchInCeilMode) {
  const float expected[3][3] = {{1.11111116f, 2.66666675f, 1.66666663f},
                                {5.66666651f, 10, 5.5f},
                                {4.16666651f, 7, 3.75f}};
  forEachTarget([&](CpuTarget target) {
    AvgPoolSpec spec{1, 4, 4, 3, 2, 1};
    KernelCall call({spec, target}, 1, 0, Guard::Behind);
    call["in"].forEach([](auto &i, float &value) { value = i[1] + 4 * i[2]; });
    ASSERT_EQ(call.run(), "");
    expectClose(
        call["out"], [&](auto &i) { return expected[i[2]][i[1]]; }, 1e-6);
  });
}
