//===- orientation_test.cpp - Finding the orientation and turning ---------===//

#include "runtime/image/orientation.h"
#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

static int find(const std::string &exif, const std::string &xmp) {
  return findOrientation(std::as_bytes(std::span(exif)),
                         std::as_bytes(std::span(xmp)));
}

static const std::string prefix("Exif\0\0", 6);

TEST(Orientation, Exif) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (bool bigEndian : {false, true}) {
      std::string block = exifBlock(orientation, bigEndian);
      EXPECT_EQ(find(block, ""), orientation);
      EXPECT_EQ(find(prefix + block, ""), orientation);
      EXPECT_EQ(find(prefix + prefix + block, ""), orientation);
    }
  EXPECT_EQ(find(exifBlock(0), ""), 1);
  EXPECT_EQ(find(exifBlock(9), ""), 1);
}

TEST(Orientation, ExifTypes) {
  auto block = [](uint32_t tag, uint32_t type, uint32_t count) {
    return std::string("II*\0", 4) + le(8, 4) + le(1, 2) + le(tag, 2) +
           le(type, 2) + le(count, 4) + le(6, 4) + le(0, 4);
  };
  EXPECT_EQ(find(block(0x112, 3, 1), ""), 6); // u16
  EXPECT_EQ(find(block(0x112, 4, 1), ""), 6); // u32
  EXPECT_EQ(find(block(0x112, 2, 1), ""), 1); // a text
  EXPECT_EQ(find(block(0x112, 3, 2), ""), 1); // two numbers
  EXPECT_EQ(find(block(0x113, 3, 1), ""), 1); // another tag
}

TEST(Orientation, Xmp) {
  EXPECT_EQ(find("", "<a tiff:Orientation=\"6\"/>"), 6);
  EXPECT_EQ(find("", "<tiff:Orientation>8</tiff:Orientation>"), 8);
  EXPECT_EQ(find("", "tiff:Orientation='3' tiff:Orientation=\"5\""), 5);
  EXPECT_EQ(find("", "tiff:Orientation=\"9\""), 1);
  EXPECT_EQ(find("", "tiff:Orientation=\""), 1);
  EXPECT_EQ(find("", "tiff:Orientation"), 1);
}

TEST(Orientation, ExifIsStrongerThanXmp) {
  EXPECT_EQ(find(exifBlock(1), "tiff:Orientation=\"6\""), 1);
  EXPECT_EQ(find(exifBlock(3), "tiff:Orientation=\"6\""), 3);
  EXPECT_EQ(find("II*", "tiff:Orientation=\"6\""), 6);
}

TEST(Orientation, DamagedExif) {
  for (bool bigEndian : {false, true}) {
    std::string block = exifBlock(6, bigEndian);
    for (size_t length = 0; length < 22; ++length)
      EXPECT_EQ(find(block.substr(0, length), ""), 1) << length;
    for (size_t i = 0; i < block.size(); ++i)
      for (int value : {0x00, 0x7f, 0x80, 0xff}) {
        std::string damaged = block;
        damaged[i] = char(value);
        int found = find(damaged, "");
        EXPECT_TRUE(found >= 1 && found <= 8);
      }
  }
}

/// The names of six pixels, 3 x 2, after turning.
static std::string turn(int orientation) {
  Image image{3, 2, {}};
  for (char name : std::string("abcdef"))
    image.pixels.insert(image.pixels.end(), {uint8_t(name), 1, 2});
  Image result = turned(image, orientation);
  std::string names = std::to_string(result.width) + ":";
  for (size_t i = 0; i < result.pixels.size(); i += 3) {
    names += char(result.pixels[i]);
    EXPECT_EQ(result.pixels[i + 1], 1);
    EXPECT_EQ(result.pixels[i + 2], 2);
  }
  return names;
}

TEST(Orientation, Turning) {
  EXPECT_EQ(turn(1), "3:abcdef");
  EXPECT_EQ(turn(2), "3:cbafed");
  EXPECT_EQ(turn(3), "3:fedcba");
  EXPECT_EQ(turn(4), "3:defabc");
  EXPECT_EQ(turn(5), "2:adbecf");
  EXPECT_EQ(turn(6), "2:daebfc");
  EXPECT_EQ(turn(7), "2:fcebda");
  EXPECT_EQ(turn(8), "2:cfbead");
}

/// Larger than the tiles that turning works in.
TEST(Orientation, TurningBackGivesTheSame) {
  Image image{101, 67, {}};
  for (int i = 0; i < 101 * 67 * 3; ++i)
    image.pixels.push_back(uint8_t(i * 2654435761u >> 24));
  for (auto [there, back] :
       {std::pair{2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 8}, {7, 7}, {8, 6}}) {
    Image result = turned(turned(image, there), back);
    EXPECT_EQ(result.width, image.width);
    EXPECT_EQ(result.pixels, image.pixels) << there;
  }
}

TEST(Orientation, CanBeIgnored) {
  std::string file = readFile("test/unit/image/data/exif-6.jpg");
  Result<Image> upright = decodeString(file);
  Result<Image> stored = decodeString(file, /*orientation=*/false);
  ASSERT_TRUE(upright && stored);
  EXPECT_EQ(stored->width, 13);
  EXPECT_EQ(upright->width, 11);
  EXPECT_EQ(turned(*stored, 6).pixels, upright->pixels);
}
