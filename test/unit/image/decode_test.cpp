//===- decode_test.cpp - What holds for every format ----------------------===//

#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

TEST(Decode, SamplesAsPillowDecodesThem) {
  std::vector<std::string> paths = samplePaths();
  EXPECT_GE(paths.size(), 30u);
  for (const std::string &path : paths) {
    SCOPED_TRACE(path);
    Result<Image> image = decodeString(readFile(path));
    Image expected = expectedPixels(path);
    ASSERT_TRUE(image) << image.error();
    EXPECT_EQ(image->width, expected.width);
    EXPECT_EQ(image->height, expected.height);
    EXPECT_TRUE(image->pixels == expected.pixels);
  }
}

/// A PNG is complete with its last row; any other file with its last byte.
TEST(Decode, EveryTruncation) {
  for (const std::string &path : samplePaths()) {
    SCOPED_TRACE(path);
    std::string file = readFile(path);
    Pixels whole = pixelsOf(file);
    bool isPng = path.ends_with(".png");
    for (size_t length = 0; length < file.size(); ++length) {
      // Without metadata behind the pixels they lie as they are stored.
      Result<Image> image = decodeString(file.substr(0, length));
      if (!image) {
        EXPECT_FALSE(image.error().empty());
        continue;
      }
      EXPECT_TRUE(isPng && length > file.size() / 2)
          << "accepted with " << length << " of " << file.size();
      if (path.find("late-") == path.npos) {
        EXPECT_TRUE(image->pixels == whole) << length;
      }
    }
  }
}

/// Every byte changed in some ways: an error or a picture, never a crash.
TEST(Decode, EveryByteDamaged) {
  for (const std::string &path : samplePaths()) {
    std::string file = readFile(path);
    for (size_t i = 0; i < file.size(); ++i)
      for (int change : {0x01, 0x80, 0xff}) {
        std::string damaged = file;
        damaged[i] = char(damaged[i] ^ change);
        Result<Image> image = decodeString(damaged);
        if (image) {
          EXPECT_EQ(image->pixels.size(),
                    size_t(image->width) * image->height * 3);
        }
      }
  }
}

TEST(Decode, RecognisesByContent) {
  auto format = [](const std::string &s) {
    return recognise(std::as_bytes(std::span(s)));
  };
  EXPECT_EQ(format("\xff\xd8\xff\xe0"), Format::jpeg);
  EXPECT_EQ(format("\x89PNG\r\n\x1a\n"), Format::png);
  EXPECT_EQ(format("RIFF....WEBPVP8 "), Format::webp);
  EXPECT_EQ(format("BM......"), Format::bmp);
  EXPECT_EQ(format("P5\n1 1 255 "), Format::pnm);
  EXPECT_EQ(format("P6 1 1 255 "), Format::pnm);
  for (const char *other : {"", "P", "P5", "P3\n1 1 255\n0 0 0", "GIF89a",
                            "RIFF", "RIFF....WAVE", "\x89PN", "<svg/>", "P55 "})
    EXPECT_EQ(format(other), Format::unknown) << other;
}

TEST(Decode, UnknownContentIsOneSentence) {
  EXPECT_EQ(errorOf(""), "the file is empty, expected a picture");
  EXPECT_EQ(errorOf("GIF89a"),
            "this is no picture in a known format, expected JPEG, PNG, WebP, "
            "BMP or PNM (P5, P6)");
}

TEST(Decode, SizeLimits) {
  EXPECT_FALSE(checkSize(1, 1));
  EXPECT_FALSE(checkSize(maxPixels, 1));
  EXPECT_FALSE(checkSize(1, maxPixels));
  for (auto [width, height] : {std::pair<int64_t, int64_t>{0, 1},
                               {1, 0},
                               {-1, 5},
                               {5, -1},
                               {maxPixels + 1, 1},
                               {1, maxPixels + 1},
                               {13378, 13378},
                               {INT64_MAX, INT64_MAX}})
    EXPECT_TRUE(checkSize(width, height)) << width << " x " << height;
}
