//===- shapes_test.cpp - Sizes of maps against known ones -----------------===//
//
// Known sizes of the published models, every size by counting windows, and
// the sentences that refuse an image size.
//
//===----------------------------------------------------------------------===//

#include "frontend/shapes.h"

#include "test/unit/frontend/test_files.h"

#include <gtest/gtest.h>

namespace cvt {
namespace {

using test::expectHolds;

CvtConfig configOf(const std::string &text) {
  std::string error;
  std::optional<CvtConfig> config = parseCvtConfig(text, "config.json", error);
  EXPECT_TRUE(config) << error;
  return config.value_or(CvtConfig());
}

std::vector<StageShape> shapesOf(const std::string &text, int64_t height,
                                 int64_t width) {
  std::string error;
  auto shapes = validateForImageSize(configOf(text), height, width, error);
  EXPECT_TRUE(shapes) << error;
  return shapes.value_or(std::vector<StageShape>(3));
}

std::string refuse(const std::string &text, int64_t height, int64_t width) {
  std::string error;
  EXPECT_FALSE(validateForImageSize(configOf(text), height, width, error));
  expectHolds(error, {"config.json: for images of " + std::to_string(height) +
                      "x" + std::to_string(width) + " pixels, "});
  return error;
}

TEST(Shapes, DefaultModelAt224And384) {
  auto shapes = shapesOf("{}", 224, 224);
  ASSERT_EQ(shapes.size(), 3u);
  EXPECT_EQ(shapes[0].map, (MapSize{56, 56}));
  EXPECT_EQ(shapes[1].map, (MapSize{28, 28}));
  EXPECT_EQ(shapes[2].map, (MapSize{14, 14}));
  EXPECT_EQ(shapes[0].tokens, 3136);
  EXPECT_EQ(shapes[2].tokens, 197);
  EXPECT_EQ(shapes[0].kvTokens, 784);
  EXPECT_EQ(shapes[1].kvTokens, 196);
  EXPECT_EQ(shapes[2].kvTokens, 50);
  shapes = shapesOf("{}", 384, 384);
  EXPECT_EQ(shapes[0].kvTokens, 2304);
  EXPECT_EQ(shapes[1].kvTokens, 576);
  EXPECT_EQ(shapes[2].kvTokens, 145);
}

TEST(Shapes, RectanglesAndOddSizes) {
  auto shapes = shapesOf("{}", 97, 160);
  EXPECT_EQ(shapes[0].map, (MapSize{24, 40}));
  EXPECT_EQ(shapes[0].kvMap, (MapSize{12, 20}));
  EXPECT_EQ(shapes[1].map, (MapSize{12, 20}));
  EXPECT_EQ(shapes[2].map, (MapSize{6, 10}));
  EXPECT_EQ(shapes[2].kvMap, (MapSize{3, 5}));
}

TEST(Shapes, ConvolutionHasOneOutputForEachPlaceOfTheWindow) {
  for (int64_t n = 1; n != 12; ++n)
    for (int64_t kernel = 1; kernel != 7; ++kernel)
      for (int64_t stride = 1; stride != 5; ++stride)
        for (int64_t padding = 0; padding != 4; ++padding) {
          int64_t places = 0;
          for (int64_t at = -padding; at + kernel <= n + padding; at += stride)
            ++places;
          EXPECT_EQ(convolutionSize(n, kernel, stride, padding), places);
        }
}

TEST(Shapes, PoolingRoundsUp) {
  // Floor and ceil agree.
  EXPECT_EQ(ceilPoolingSize(14, 3, 2, 1), 8);
  EXPECT_EQ(convolutionSize(14, 3, 2, 1), 7);
  EXPECT_EQ(ceilPoolingSize(7, 3, 2, 1), 4);
  EXPECT_EQ(convolutionSize(7, 3, 2, 1), 4);
  EXPECT_EQ(ceilPoolingSize(1, 3, 2, 1), 1);
  // The last window would start in the padding behind the input.
  EXPECT_EQ(ceilPoolingSize(2, 2, 3, 1), 1);
  EXPECT_EQ(ceilPoolingSize(1, 4, 1, 0), 0);
}

TEST(Shapes, AvgPoolsKeysAndKeepsQueries) {
  std::string avg = R"({"qkv_projection_method": ["avg", "avg", "linear"],
                        "padding_q": [0, 0, 0]})";
  auto shapes = shapesOf(avg, 224, 224);
  EXPECT_EQ(shapes[0].map, (MapSize{56, 56}));
  EXPECT_EQ(shapes[0].kvMap, (MapSize{29, 29}));
  EXPECT_EQ(shapes[1].kvMap, (MapSize{15, 15}));
  EXPECT_EQ(shapes[2].kvMap, (MapSize{14, 14}));
}

TEST(Shapes, QueriesKeepTheSizeOfTheirMap) {
  expectHolds(refuse(R"({"kernel_qkv": [3, 5, 3]})", 224, 224),
              {"kernel_qkv[1] 5, stride_q[1] 1 and padding_q[1] 1",
               "q's map 26x26", "28x28"});
  expectHolds(refuse(R"({"stride_q": [1, 1, 2]})", 32, 64),
              {"stride_q[2] 2", "q's map 1x2", "2x4"});
  // Allowed where the map is a single token, or where there is no layer.
  auto shapes = shapesOf(R"({"stride_q": [1, 1, 2]})", 16, 16);
  EXPECT_EQ(shapes[2].map, (MapSize{1, 1}));
  shapesOf(R"({"stride_q": [1, 1, 2], "depth": [1, 1, 0]})", 32, 64);
}

TEST(Shapes, KernelsMustFit) {
  expectHolds(refuse("{}", 2, 224),
              {"patch_sizes[0] 7, patch_stride[0] 4 and patch_padding[0] 2",
               "leave nothing of the stage's input, 2x224"});
  shapesOf("{}", 3, 3);
  expectHolds(refuse(R"({"padding_kv": [1, 1, 0]})", 16, 64),
              {"kernel_qkv[2] 3, stride_kv[2] 2 and padding_kv[2] 0",
               "leave nothing of the stage's map, 1x4"});
}

TEST(Shapes, ImageSizesAreLimited) {
  for (auto [height, width] : {std::pair<int64_t, int64_t>{0, 224},
                               {224, 0},
                               {-1, 5},
                               {32769, 224},
                               {224, INT64_MAX}})
    expectHolds(refuse("{}", height, width), {"from 1 to 32768"});
}

TEST(Shapes, MapsAreLimited) {
  expectHolds(refuse(R"({"num_channels": 3})", 32768, 32768),
              {"num_channels is 3", "smaller than 2147483648"});
  // 8192 * 8192 tokens of 64 channels.
  expectHolds(
      refuse(R"({"num_channels": 1, "patch_stride": [1, 2, 2]})", 8192, 8192),
      {"stage 0 has a map of 8190x8190 with 256 channels"});
  // Padding makes maps larger, in every stage.
  expectHolds(refuse(R"({"patch_padding": [2, 32768, 1], "mlp_ratio": [4, 4, 4],
                         "patch_stride": [4, 1, 1]})",
                     224, 224),
              {"stage 1 has a map of 65590x65590"});
}

} // namespace
} // namespace cvt
