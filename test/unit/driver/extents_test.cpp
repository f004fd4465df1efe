//===- extents_test.cpp - Layers agree on the extents of windows ----------===//
//
// frontend/, dialect/ and compiler/kernels/ do not see each other, so each has
// its own formulas: a model that one takes must not break another.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_spec.h"
#include "dialect/CvtDialect.h"
#include "frontend/shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

using namespace cvt;

static void forEachWindow(
    const std::function<void(int64_t extent, int64_t kernel, int64_t stride,
                             int64_t padding)> &visit) {
  for (int64_t extent = 1; extent <= 12; extent++)
    for (int64_t kernel = 1; kernel <= 7; kernel++)
      for (int64_t stride = 1; stride <= 8; stride++)
        for (int64_t padding = 0; padding <= 4; padding++)
          visit(extent, kernel, stride, padding);
}

TEST(Extents, OfConvolutionsAreTheSameInAllLayers) {
  int taken = 0;
  forEachWindow([&](auto... window) {
    const auto extent = convolvedExtent(window...);
    EXPECT_EQ(convolutionSize(window...), extent.value_or(0));
    if (!extent)
      return;
    EXPECT_EQ(kernels::convOutputExtent(window...), *extent);
    taken++;
  });
  EXPECT_GT(taken, 2000);
}

TEST(Extents, OfPoolingAreTheSameInAllLayers) {
  int taken = 0;
  forEachWindow(
      [&](int64_t extent, int64_t kernel, int64_t stride, int64_t padding) {
        // PyTorch refuses more padding, and so do configs.
        if (padding > kernel / 2)
          return;
        const auto pooled = pooledExtent(extent, kernel, stride, padding);
        SCOPED_TRACE(testing::Message()
                     << extent << " in windows of " << kernel << ", " << stride
                     << " apart, " << padding << " of padding");
        EXPECT_EQ(ceilPoolingSize(extent, kernel, stride, padding),
                  pooled.value_or(0));
        // Kernels count no window as 0 or less.
        const int64_t windows =
            kernels::avgPoolOutputExtent(extent, kernel, stride, padding);
        EXPECT_EQ(std::max<int64_t>(windows, 0), pooled.value_or(0));
        taken += pooled.has_value();
      });
  EXPECT_GT(taken, 1000);
}
