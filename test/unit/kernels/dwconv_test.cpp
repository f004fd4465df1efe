//===- dwconv_test.cpp - Depthwise convolutions against doubles -----------===//

#include "test/unit/kernels/guarded_buffer.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

using Guard = GuardedBuffer::Guard;

/// Output `j` at `at`.
static double convolved(const KernelCall &call, const DepthwiseConvSpec &s,
                        size_t j, const GuardedBuffer::Index &at) {
  const std::string suffix = std::to_string(j);
  double sum = call["bias" + suffix](at[0]);
  for (int ky = 0; ky < s.kernel; ky++)
    for (int kx = 0; kx < s.kernel; kx++) {
      int x = at[1] * s.outputs[j].stride + kx - s.outputs[j].padding;
      int y = at[2] * s.outputs[j].stride + ky - s.outputs[j].padding;
      if (x >= 0 && y >= 0 && x < s.width && y < s.height)
        sum += double(call["in"](at[0], x, y, at[3])) *
               call["w" + suffix](at[0], kx, ky);
    }
  return sum;
}

TEST(DepthwiseConv, MatchesDoubles) {
  // channels, height, width, kernel, {stride, padding} of each output
  const DepthwiseConvSpec specs[] = {{1, 1, 1, 1, {{1, 0}}},
                                     {64, 14, 14, 3, {{1, 1}, {2, 1}, {2, 1}}},
                                     {24, 9, 7, 3, {{2, 1}, {1, 1}, {2, 1}}},
                                     {10, 5, 20, 3, {{1, 1}, {1, 1}, {1, 1}}},
                                     {7, 1, 1, 3, {{1, 1}, {2, 1}}},
                                     {40, 6, 11, 5, {{1, 2}, {3, 2}}},
                                     {16, 30, 33, 2, {{2, 0}}},
                                     {5, 8, 8, 7, {{1, 3}, {4, 0}}},
                                     {384, 14, 13, 3, {{2, 1}, {2, 1}}},
                                     {1024, 3, 9, 3, {{1, 1}, {2, 1}, {2, 1}}}};
  for (const DepthwiseConvSpec &spec : specs)
    for (int batch : {1, 3}) {
      SCOPED_TRACE(symbolName({spec}) + " batch " + std::to_string(batch));
      forEachTarget([&](CpuTarget target) {
        KernelCall call({spec, target}, batch, /*gap=*/batch == 1 ? 0 : 9,
                        batch == 1 ? Guard::Behind : Guard::Before);
        ASSERT_EQ(call.run(/*threads=*/batch == 1 ? 1 : 2), "");
        for (size_t j = 0; j < spec.outputs.size(); j++)
          expectClose(
              call["out" + std::to_string(j)],
              [&](auto &i) { return convolved(call, spec, j, i); },
              5e-6); // of sums that reach 20
      });
    }
}
