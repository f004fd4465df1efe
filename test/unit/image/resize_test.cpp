//===- resize_test.cpp - The resize against a plain one -------------------===//
//
// test/e2e/image_check.py compares with Pillow itself; here is what needs no
// Python, and pictures too long for Pillow.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/convolve.h"
#include "runtime/image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace cvt::image;

static Image noise(int width, int height, uint32_t seed = 1) {
  Image image{width, height, {}};
  std::mt19937 random(seed);
  for (int64_t i = 0; i < int64_t(width) * height * 3; ++i)
    image.pixels.push_back(uint8_t(random() >> 24));
  return image;
}

static Image whole(const Image &image, Size size, Filter filter) {
  return resize(image, size, filter, {0, 0, int(size.width), int(size.height)});
}

/// The definition that the vector code must equal.
static uint8_t weightedSum(const std::vector<uint8_t> &values,
                           const std::vector<int32_t> &weights) {
  uint32_t sum = 1u << (weightBits - 1);
  for (size_t i = 0; i < values.size(); ++i)
    sum += uint32_t(values[i]) * uint32_t(weights[i]);
  return uint8_t(std::clamp(int32_t(sum) >> weightBits, 0, 255));
}

TEST(Convolve, EqualsThePlainSum) {
  std::mt19937 random(3);
  for (size_t count = 1; count < 20; ++count)
    for (int repeat = 0; repeat < 50; ++repeat) {
      // From one weight of 1.2 to many that cancel out, -0.6 to 0.6.
      std::vector<int32_t> weights;
      for (size_t i = 0; i < count; ++i)
        weights.push_back(int32_t(random() % 10'000'000) - 5'000'000);
      std::vector<WeightPair> pairs;
      appendPairs(weights, pairs);
      ASSERT_EQ(pairs.size(), (count + 1) / 2);

      // 19 pixels, so that rows have a part beyond the vectors' 16 bytes.
      Image image = noise(int(count), 19, uint32_t(random()));
      std::vector<uint8_t> found(3);
      convolvePixel(image.pixels.data(), count, pairs.data(), found.data());
      for (size_t c = 0; c < 3; ++c) {
        std::vector<uint8_t> values;
        for (size_t i = 0; i < count; ++i)
          values.push_back(image.pixels[i * 3 + c]);
        EXPECT_EQ(found[c], weightedSum(values, weights));
      }

      size_t bytes = 57;
      found.resize(bytes);
      convolveRows(image.pixels.data(), bytes, count, pairs.data(), bytes,
                   found.data());
      for (size_t x = 0; x < bytes; ++x) {
        std::vector<uint8_t> values;
        for (size_t i = 0; i < count; ++i)
          values.push_back(image.pixels[i * bytes + x]);
        EXPECT_EQ(found[x], weightedSum(values, weights));
      }
    }
}

static uint64_t fnv1a(const std::vector<uint8_t> &bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint8_t byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// Hashes of what Pillow 13.0.0 makes of the same noise: numpy's
/// RandomState(1).randint(0, 2**32, dtype=uint32) >> 24.  Each pass comes first
/// here and there.
TEST(Resize, AsPillow) {
  struct Case {
    Size from, to;
    int filter;
    uint64_t hash;
  };
  for (const Case &c : std::initializer_list<Case>{
           {{40, 90}, {30, 20}, 3, 0x26d33e96d3694f5e},
           {{40, 90}, {15, 30}, 3, 0xe5bcec65292ca6f5},
           {{40, 90}, {50, 20}, 1, 0x14e92ceac7ccdec0},
           {{90, 40}, {20, 30}, 3, 0x0fd5e6c86878697f},
           {{61, 47}, {224, 224}, 3, 0x711f14f73cd839ed},
           {{61, 47}, {23, 19}, 2, 0xd916058201fba298},
           {{61, 47}, {23, 19}, 5, 0xa99ecaf7490e9745},
           {{61, 47}, {23, 70}, 4, 0x27b357585da8e897},
           {{97, 89}, {31, 203}, 0, 0xad4d8864bfa0e071}}) {
    Image image = noise(int(c.from.width), int(c.from.height));
    EXPECT_EQ(fnv1a(whole(image, c.to, Filter(c.filter)).pixels), c.hash)
        << c.from.width << " x " << c.from.height << ", filter " << c.filter;
  }
}

TEST(Resize, EqualSizeIsACopy) {
  Image image = noise(7, 5);
  for (int filter = 0; filter <= 5; ++filter)
    EXPECT_EQ(whole(image, {7, 5}, Filter(filter)).pixels, image.pixels);
}

/// By hand: halving with the box averages four pixels; rounding is to nearest
/// in each of the two passes.
TEST(Resize, Box) {
  Image image{2, 2, {10, 0, 1, 20, 0, 2, 30, 0, 255, 40, 0, 255}};
  EXPECT_EQ(whole(image, {1, 1}, Filter::box).pixels,
            (std::vector<uint8_t>{25, 0, 129}));
  EXPECT_EQ(whole(image, {2, 1}, Filter::box).pixels,
            (std::vector<uint8_t>{20, 0, 128, 30, 0, 129}));
}

TEST(Resize, ConstantStaysConstant) {
  for (int value : {0, 1, 127, 254, 255}) {
    Image image = noise(31, 17);
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t(value));
    for (int filter = 0; filter <= 5; ++filter)
      for (Size size : {Size{5, 40}, {64, 3}, {1, 1}, {90, 91}}) {
        Image result = whole(image, size, Filter(filter));
        EXPECT_EQ(std::count(result.pixels.begin(), result.pixels.end(), value),
                  int64_t(result.pixels.size()));
      }
  }
}

TEST(Resize, WindowsAreCutOutOfTheWhole) {
  std::mt19937 random(5);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  for (int repeat = 0; repeat < 200; ++repeat) {
    Image image = noise(int(1 + below(60)), int(1 + below(60)), repeat);
    Size size{1 + below(80), 1 + below(80)};
    Filter filter = Filter(below(6));
    Window w{below(size.width), below(size.height), 0, 0};
    w.width = int(1 + below(size.width - w.left));
    w.height = int(1 + below(size.height - w.top));
    Image all = whole(image, size, filter);
    Image part = resize(image, size, filter, w);
    ASSERT_EQ(part.width, w.width);
    ASSERT_EQ(part.height, w.height);
    for (int y = 0; y < w.height; ++y)
      EXPECT_TRUE(std::equal(part.row(y), part.row(y) + part.rowBytes(),
                             all.row(int(w.top) + y) + w.left * 3));
  }
}

/// Pictures a few pixels by millions: no pass may make a picture larger than
/// its input and result, and weights are made piece by piece.
TEST(Resize, ExtremelyLongPictures) {
  constexpr int length = 3'000'000;
  Image wide = noise(length, 1), tall{1, length, wide.pixels};
  for (Filter filter : {Filter::nearest, Filter::bicubic, Filter::lanczos}) {
    Image a = whole(wide, {400, 390}, filter);
    Image b = whole(tall, {390, 400}, filter);
    // The same numbers along the other axis.
    for (int y = 0; y < a.height; ++y)
      for (int x = 0; x < a.width; ++x)
        ASSERT_TRUE(std::equal(a.row(y) + x * 3, a.row(y) + x * 3 + 3,
                               b.row(x) + y * 3))
            << x << ", " << y;
    // The middle of 768 million columns.
    Size huge{int64_t(256) * length, 256};
    Image middle =
        resize(wide, huge, filter, {huge.width / 2 - 112, 16, 224, 224});
    EXPECT_EQ(middle.width, 224);
    EXPECT_EQ(middle.height, 224);
  }
}

TEST(Resize, NearestTakesTheMiddle) {
  Image image = noise(4, 1);
  Image half = whole(image, {2, 1}, Filter::nearest);
  EXPECT_TRUE(std::equal(half.row(0), half.row(0) + 3, image.row(0) + 3));
  EXPECT_TRUE(std::equal(half.row(0) + 3, half.row(0) + 6, image.row(0) + 9));
}
