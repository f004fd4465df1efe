//===- bmp_test.cpp - BMP's layouts and what is wrong with files ----------===//

#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

namespace {

struct BmpParts {
  uint32_t width, height; ///< two's complement
  int bits;
  std::string pixels; ///< as stored, padded
  std::string palette = "";
  uint32_t compression = 0;
  std::string masks = "";
  uint32_t colours = 0;
};

} // namespace

static std::string bmpFile(const BmpParts &p) {
  std::string header = le(40, 4) + le(p.width, 4) + le(p.height, 4) + le(1, 2) +
                       le(uint32_t(p.bits), 2) + le(p.compression, 4) +
                       std::string(12, '\0') + le(p.colours, 4) + le(0, 4);
  std::string between = header + p.masks + p.palette;
  return "BM" + std::string(8, '\0') + le(uint32_t(14 + between.size()), 4) +
         between + p.pixels;
}

TEST(Bmp, BottomUpAndTopDown) {
  // Blue, green, red; rows of 3 bytes padded to 4.
  std::string pixels = bytes({1, 2, 3, 0, 4, 5, 6, 0});
  EXPECT_EQ(pixelsOf(bmpFile({1, 2, 24, pixels})), (Pixels{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(pixelsOf(bmpFile({1, uint32_t(-2), 24, pixels})),
            (Pixels{3, 2, 1, 6, 5, 4}));
}

TEST(Bmp, AlphaIsDropped) {
  EXPECT_EQ(pixelsOf(bmpFile({2, 1, 32, bytes({1, 2, 3, 0, 4, 5, 6, 255})})),
            (Pixels{3, 2, 1, 6, 5, 4}));
}

TEST(Bmp, PaletteIsLookedUp) {
  std::string palette = bytes({1, 2, 3, 0, 4, 5, 6, 0});
  BmpParts parts{3, 1, 8, bytes({1, 0, 77, 0}), palette};
  parts.colours = 2;
  // An index beyond the palette is black.
  EXPECT_EQ(pixelsOf(bmpFile(parts)), (Pixels{6, 5, 4, 3, 2, 1, 0, 0, 0}));
}

TEST(Bmp, ColourMasks) {
  BmpParts parts{1, 1, 32, bytes({1, 2, 3, 4}), "", 3};
  parts.masks = le(0xff, 4) + le(0xff00, 4) + le(0xff0000, 4);
  EXPECT_EQ(pixelsOf(bmpFile(parts)), (Pixels{1, 2, 3}));
  parts.masks = le(0xff000000, 4) + le(0xff0000, 4) + le(0xff00, 4);
  EXPECT_EQ(pixelsOf(bmpFile(parts)), (Pixels{4, 3, 2}));
  parts.masks = le(0x3ff, 4) + le(0xffc00, 4) + le(0x3ff00000, 4);
  EXPECT_EQ(
      errorOf(bmpFile(parts)),
      "the BMP has colour masks that are not whole bytes, expected 8 bits "
      "for each colour");
  // The fourth byte of a pixel that has three.
  parts.bits = 24;
  parts.masks = le(0xff000000, 4) + le(0xff00, 4) + le(0xff, 4);
  EXPECT_NE(errorOf(bmpFile(parts)), "");
}

TEST(Bmp, Os2Header) {
  std::string header = le(12, 4) + le(2, 2) + le(1, 2) + le(1, 2) + le(8, 2);
  std::string palette = bytes({1, 2, 3, 4, 5, 6}) + std::string(254 * 3, '\0');
  std::string file = "BM" + std::string(8, '\0') +
                     le(uint32_t(26 + palette.size()), 4) + header + palette +
                     bytes({1, 0});
  EXPECT_EQ(pixelsOf(file), (Pixels{6, 5, 4, 3, 2, 1}));
}

TEST(Bmp, LastPaddingMayBeMissing) {
  std::string file = bmpFile({1, 2, 24, bytes({1, 2, 3, 0, 4, 5, 6})});
  EXPECT_EQ(pixelsOf(file), (Pixels{6, 5, 4, 3, 2, 1}));
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(errorOf(file.substr(0, length)), "") << length;
}

TEST(Bmp, HostileHeaders) {
  std::string pixels(64, 'x');
  EXPECT_EQ(
      errorOf(bmpFile({20000, 20000, 24, pixels})),
      "the picture is 20000 x 20000 pixels, expected at most 178956970 in "
      "all");
  EXPECT_EQ(errorOf(bmpFile({13000, 13000, 24, pixels})),
            "the BMP data ends early");
  for (auto [width, height] : {std::pair<uint32_t, uint32_t>{0, 1},
                               {1, 0},
                               {0x80000000, 1},
                               {1, 0x80000000},
                               {0xffffffff, 1}})
    EXPECT_NE(errorOf(bmpFile({width, height, 24, pixels})), "") << width;
  EXPECT_EQ(errorOf(bmpFile({1, 1, 16, pixels})),
            "the BMP has 16 bits a pixel, expected 8, 24 or 32");
  EXPECT_EQ(errorOf(bmpFile({1, 1, 8, pixels, "", 1})),
            "the BMP is compressed (method 1), expected an uncompressed one");

  std::string file = bmpFile({1, 1, 24, pixels});
  EXPECT_NE(errorOf(file.replace(10, 4, le(0xffffffff, 4))), ""); // pixels
  EXPECT_EQ(
      errorOf(file.replace(14, 4, le(0xffffffff, 4))),
      "the BMP has a header of 4294967295 bytes, expected 12 or 40 to 124");
  BmpParts palette{1, 1, 8, pixels};
  palette.colours = 0xffffffff;
  EXPECT_NE(errorOf(bmpFile(palette)), "");
}
