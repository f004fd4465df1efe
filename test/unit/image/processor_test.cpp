//===- processor_test.cpp - pixel_values ----------------------------------===//

#include "runtime/image/processor.h"
#include "test/unit/image/samples.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace cvt::image;
using namespace cvt::image::test;

static const std::string digits = "test/models/cvt-digits/";

/// The digits model's preprocessor_config.json.
static ProcessorConfig digitsConfig() {
  ProcessorConfig config;
  config.size = 64;
  config.cropPct = 0.875;
  config.resample = Filter::bicubic;
  config.mean = {0.485, 0.456, 0.406};
  config.std = {0.229, 0.224, 0.225};
  return config;
}

/// The floats of a little-endian .npy file, format 1, C order.
static std::vector<float> readNpy(const std::string &path,
                                  const std::string &shape) {
  std::string file = readFile(path);
  EXPECT_TRUE(file.starts_with("\x93NUMPY\x01"));
  size_t headerBytes = uint8_t(file[8]) | uint8_t(file[9]) << 8;
  std::string header = file.substr(10, headerBytes);
  EXPECT_NE(header.find("'descr': '<f4'"), header.npos) << header;
  EXPECT_NE(header.find("'fortran_order': False"), header.npos) << header;
  EXPECT_NE(header.find("'shape': " + shape), header.npos) << header;
  std::vector<float> values((file.size() - 10 - headerBytes) / sizeof(float));
  std::memcpy(values.data(), file.data() + 10 + headerBytes,
              values.size() * sizeof(float));
  return values;
}

TEST(Processor, DigitsAsHuggingFaceMakesThem) {
  std::vector<float> expected =
      readNpy(digits + "expected/pixel_values_first2.npy", "(2, 3, 64, 64)");
  constexpr size_t count = 3 * 64 * 64;
  ASSERT_EQ(expected.size(), 2 * count);
  size_t at = 0;
  for (const char *name : {"0004-four.png", "0005-five.png"}) {
    Result<Image> image =
        decodeString(readFile(digits + "test-images/" + name));
    ASSERT_TRUE(image) << image.error();
    std::vector<float> values(count);
    Status status = preprocess(*image, digitsConfig(), 64, 64, values.data());
    ASSERT_FALSE(status) << status->message;
    EXPECT_EQ(
        std::memcmp(values.data(), expected.data() + at, count * sizeof(float)),
        0)
        << name;
    at += count;
  }
}

static Image grey(int width, int height, uint8_t value) {
  return {width, height, Pixels(size_t(width) * height * 3, value)};
}

/// One value for each channel of a grey picture of one pixel.
static std::vector<float> onePixel(uint8_t value, ProcessorConfig config) {
  config.size = 1;
  config.cropPct = 1;
  std::vector<float> values(3);
  Status status = preprocess(grey(1, 1, value), config, 1, 1, values.data());
  EXPECT_FALSE(status) << status->message;
  return values;
}

TEST(Processor, Arithmetic) {
  ProcessorConfig config;
  config.mean = {0.485, 0.456, 0.406};
  config.std = {0.229, 0.224, 0.225};
  for (int byte = 0; byte < 256; ++byte) {
    std::vector<float> values = onePixel(uint8_t(byte), config);
    for (int c = 0; c < 3; ++c) {
      volatile float rescaled = float(byte * (1.0 / 255.0));
      volatile float centred = rescaled - float(config.mean[c]);
      EXPECT_EQ(values[c], centred / float(config.std[c]));
    }
  }
}

TEST(Processor, StepsCanBeLeftOut) {
  ProcessorConfig config;
  config.doNormalize = false;
  EXPECT_EQ(onePixel(51, config)[0], float(51 * (1.0 / 255.0)));
  config.doRescale = false;
  EXPECT_EQ(onePixel(51, config)[1], 51.0f);
  config.doNormalize = true;
  config.mean = {1, 2, 3};
  config.std = {2, 2, 4};
  EXPECT_EQ(onePixel(51, config), (std::vector<float>{25, 24.5, 12}));
}

TEST(Processor, SmallerThanTheCropIsPadded) {
  ProcessorConfig config;
  config.size = 5;
  config.cropPct = 2; // the short side becomes 2, the long one 6
  config.doRescale = config.doNormalize = false;
  std::vector<float> values(3 * 25, -1);
  ASSERT_FALSE(preprocess(grey(9, 3, 7), config, 5, 5, values.data()));
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 5; ++x)
        EXPECT_EQ(values[c * 25 + y * 5 + x], y == 2 || y == 3 ? 7 : 0)
            << x << ", " << y;
}

/// The bytes, before they become numbers.
TEST(Processor, ResizeAndCrop) {
  ProcessorConfig config;
  config.size = 4;
  config.cropPct = 2; // the short side becomes 2, the long one 4
  Result<Image> image = resizeAndCrop(grey(6, 3, 7), config);
  ASSERT_TRUE(image) << image.error();
  Pixels expected(48, 0);
  std::fill_n(expected.begin() + 12, 24, 7);
  EXPECT_EQ(image->width, 4);
  EXPECT_EQ(image->height, 4);
  EXPECT_EQ(image->pixels, expected);

  config.cropPct = 1;
  image = resizeAndCrop(grey(6, 3, 7), config);
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->pixels, Pixels(48, 7));

  Pixels owned{1, 2, 3, 4, 5, 6};
  config.doResize = false;
  image = resizeAndCrop({2, 1, owned.data()}, config);
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->width, 2);
  EXPECT_EQ(image->height, 1);
  EXPECT_EQ(image->pixels, owned);
}

TEST(Processor, ResizeAndCropRefuses) {
  ProcessorConfig config;
  EXPECT_EQ(resizeAndCrop({0, 5, nullptr}, config).error(),
            "the picture is 0 x 5 pixels, expected at least 1 x 1");
  config.size = 0;
  EXPECT_EQ(resizeAndCrop(grey(1, 1, 0), config).error(),
            "size is 0, expected 1 to 8192");
}

TEST(Processor, WithoutResize) {
  ProcessorConfig config;
  config.doResize = config.doRescale = config.doNormalize = false;
  Image image{2, 1, {1, 2, 3, 4, 5, 6}};
  std::vector<float> values(6);
  ASSERT_FALSE(preprocess(image, config, 1, 2, values.data()));
  EXPECT_EQ(values, (std::vector<float>{1, 4, 2, 5, 3, 6}));
  Status status = preprocess(image, config, 2, 1, values.data());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->message, "the picture is 2 x 1 pixels and the image "
                             "processor does not resize, expected 1 x 2");
}

TEST(Processor, AnotherSizeThanTheModels) {
  std::vector<float> values(3 * 32 * 32);
  Status status =
      preprocess(grey(9, 9, 0), digitsConfig(), 32, 32, values.data());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->message,
            "the image processor makes pictures of 64 x 64 pixels, expected "
            "32 x 32");
}

/// As long as a picture may be: no step takes more than its size suggests.
TEST(Processor, ExtremelyLongPictures) {
  for (int size : {224, 384}) {
    ProcessorConfig config;
    config.size = size;
    config.resample = Filter::bicubic;
    config.doRescale = config.doNormalize = false;
    std::vector<float> values(size_t(3) * size * size);
    ASSERT_FALSE(
        preprocess(grey(30'000'000, 1, 9), config, size, size, values.data()));
    EXPECT_EQ(std::count(values.begin(), values.end(), 9.0f),
              int64_t(values.size()));
  }
}

TEST(Processor, OutputSize) {
  ProcessorConfig config = digitsConfig();
  EXPECT_EQ(outputSize(config, {10, 20}), (Size{64, 64}));
  config.doResize = false;
  EXPECT_EQ(outputSize(config, {10, 20}), (Size{10, 20}));
}

TEST(Processor, BadConfigurationsNameTheKey) {
  auto message = [](auto change) {
    ProcessorConfig config;
    config.size = 224;
    change(config);
    Status status = checkConfig(config);
    return status ? status->message.substr(0, status->message.find(' ')) : "";
  };
  double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(message([](auto &c) {}), "");
  EXPECT_EQ(message([](auto &c) { c.size = 0; }), "size");
  EXPECT_EQ(message([](auto &c) { c.size = 100'000; }), "size");
  EXPECT_EQ(message([](auto &c) { c.cropPct = 0; }), "crop_pct");
  EXPECT_EQ(message([](auto &c) { c.cropPct = -1; }), "crop_pct");
  EXPECT_EQ(message([](auto &c) { c.cropPct = 1e-9; }), "crop_pct");
  EXPECT_EQ(message([](auto &c) { c.cropPct = 225; }), "crop_pct");
  EXPECT_EQ(message([](auto &c) { c.cropPct = std::nan(""); }), "crop_pct");
  EXPECT_EQ(message([](auto &c) { c.resample = Filter(6); }), "resample");
  EXPECT_EQ(message([](auto &c) { c.resample = Filter(-1); }), "resample");
  EXPECT_EQ(message([&](auto &c) { c.rescaleFactor = infinite; }),
            "rescale_factor");
  EXPECT_EQ(message([&](auto &c) { c.mean[2] = infinite; }), "image_mean");
  EXPECT_EQ(message([](auto &c) { c.std[1] = 0; }), "image_std");
  EXPECT_EQ(message([](auto &c) { c.std[1] = 1e-60; }), "image_std");
  // What is not used is not checked.
  EXPECT_EQ(message([](auto &c) { c.size = 384, c.cropPct = 0; }), "");
  EXPECT_EQ(message([](auto &c) { c.doResize = false, c.size = 0; }), "");
  EXPECT_EQ(message([](auto &c) { c.doNormalize = false, c.std[1] = 0; }), "");
}
