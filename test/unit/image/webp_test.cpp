//===- webp_test.cpp - Frames on a canvas, and hostile headers ------------===//

#include "test/unit/image/samples.h"

#include <algorithm>

using namespace cvt::image;
using namespace cvt::image::test;

static std::string chunk(const std::string &name, const std::string &data) {
  return name + le(uint32_t(data.size()), 4) + data +
         std::string(data.size() % 2, '\0');
}

static std::string riff(const std::string &chunks) {
  return "RIFF" + le(uint32_t(chunks.size() + 4), 4) + "WEBP" + chunks;
}

static std::string canvas(uint32_t width, uint32_t height, int flags) {
  return chunk("VP8X",
               bytes({flags, 0, 0, 0}) + le(width - 1, 3) + le(height - 1, 3));
}

/// The VP8L chunk of a sample, 13 x 11 pixels.
static std::string losslessFrame() {
  std::string file = readFile("test/unit/image/data/lossless.webp");
  return file.substr(file.find("VP8L"));
}

/// An animation of one frame at (left, top), both even.
static std::string animation(uint32_t width, uint32_t height, uint32_t left,
                             uint32_t top) {
  constexpr int animated = 2;
  std::string frame = le(left / 2, 3) + le(top / 2, 3) + le(12, 3) + le(10, 3) +
                      le(100, 3) + bytes({0}) + losslessFrame();
  return riff(canvas(width, height, animated) +
              chunk("ANIM", bytes({9, 9, 9, 255}) + le(0, 2)) +
              chunk("ANMF", frame));
}

TEST(Webp, FrameOnABlackCanvas) {
  Image frame = expectedPixels("test/unit/image/data/lossless.webp");
  Result<Image> image = decodeString(animation(20, 30, 4, 6));
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->width, 20);
  EXPECT_EQ(image->height, 30);
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 20; ++x) {
      bool inside = x >= 4 && x < 17 && y >= 6 && y < 17;
      Pixels expected = {0, 0, 0};
      if (inside)
        expected.assign(frame.row(y - 6) + (x - 4) * 3,
                        frame.row(y - 6) + (x - 4) * 3 + 3);
      EXPECT_TRUE(
          std::equal(expected.begin(), expected.end(), image->row(y) + x * 3))
          << x << ", " << y;
    }
}

TEST(Webp, FrameOutsideTheCanvas) {
  EXPECT_NE(errorOf(animation(13, 11, 2, 0)), "");
  EXPECT_NE(errorOf(animation(13, 11, 0, 2)), "");
  EXPECT_NE(errorOf(animation(12, 11, 0, 0)), "");
  EXPECT_EQ(errorOf(animation(13, 11, 0, 0)), "");
}

TEST(Webp, HostileHeaders) {
  EXPECT_EQ(
      errorOf(animation(16384, 16384, 0, 0)),
      "the picture is 16384 x 16384 pixels, expected at most 178956970 in "
      "all");
  EXPECT_NE(errorOf(riff("")), "");
  EXPECT_NE(errorOf(riff(canvas(5, 5, 0))), "");
  // A frame header that promises far more than its data holds.
  std::string vp8l = bytes({0x2f}) + le(0x3fff | 10000u << 14, 4) + "xx";
  EXPECT_EQ(errorOf(riff(chunk("VP8L", vp8l))),
            "the WebP picture is damaged or ends early");
}
