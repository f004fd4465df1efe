//===- png_test.cpp - PNG's colour types and what is wrong with files -----===//

#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

namespace {
enum ColorType { grey = 0, color = 2, palette = 3, greyAlpha = 4, rgba = 6 };
} // namespace

static std::string row(uint32_t width, int depth, int colorType,
                       const std::string &data,
                       const std::string &chunks = "") {
  return pngFile({width, 1, depth, colorType, {data}, chunks});
}

TEST(Png, LowGreyIsSpreadOver255) {
  EXPECT_EQ(pixelsOf(row(3, 1, grey, bytes({0b01000000}))),
            (Pixels{0, 0, 0, 255, 255, 255, 0, 0, 0}));
  EXPECT_EQ(pixelsOf(row(4, 2, grey, bytes({0b00011011}))),
            (Pixels{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}));
  EXPECT_EQ(pixelsOf(row(2, 4, grey, bytes({0x1f}))),
            (Pixels{17, 17, 17, 255, 255, 255}));
}

TEST(Png, GreyIsCopiedToAllColours) {
  EXPECT_EQ(pixelsOf(row(2, 8, grey, bytes({7, 200}))),
            (Pixels{7, 7, 7, 200, 200, 200}));
}

TEST(Png, DeepGreyIsClippedNotScaled) {
  EXPECT_EQ(pixelsOf(row(4, 16, grey, bytes({0, 7, 0, 255, 1, 0, 0x80, 0x10}))),
            (Pixels{7, 7, 7, 255, 255, 255, 255, 255, 255, 255, 255, 255}));
}

TEST(Png, DeepGreyWithAlphaKeepsItsHighByte) {
  EXPECT_EQ(pixelsOf(row(2, 16, greyAlpha,
                         bytes({0x12, 0xff, 0, 0, 0xfe, 0x80, 255, 255}))),
            (Pixels{0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe}));
}

TEST(Png, DeepColourKeepsItsHighByte) {
  std::string sample = bytes({0x12, 0xff, 0x34, 0x80, 0x56, 0x00});
  EXPECT_EQ(pixelsOf(row(1, 16, color, sample)), (Pixels{0x12, 0x34, 0x56}));
  EXPECT_EQ(pixelsOf(row(1, 16, rgba, sample + bytes({0, 1}))),
            (Pixels{0x12, 0x34, 0x56}));
}

TEST(Png, AlphaIsDroppedWithoutCompositing) {
  EXPECT_EQ(pixelsOf(row(2, 8, rgba, bytes({1, 2, 3, 0, 4, 5, 6, 128}))),
            (Pixels{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(pixelsOf(row(2, 8, greyAlpha, bytes({9, 0, 8, 99}))),
            (Pixels{9, 9, 9, 8, 8, 8}));
}

TEST(Png, TransparentColoursStay) {
  EXPECT_EQ(pixelsOf(row(2, 8, color, bytes({1, 2, 3, 4, 5, 6}),
                         pngChunk("tRNS", bytes({0, 1, 0, 2, 0, 3})))),
            (Pixels{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(
      pixelsOf(row(2, 8, grey, bytes({1, 2}), pngChunk("tRNS", bytes({0, 1})))),
      (Pixels{1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(pixelsOf(row(1, 16, grey, bytes({0, 5}),
                         pngChunk("tRNS", bytes({0, 5})))),
            (Pixels{5, 5, 5}));
}

TEST(Png, PaletteIsLookedUp) {
  std::string colours = pngChunk("PLTE", bytes({1, 2, 3, 40, 50, 60}));
  Pixels expected = {40, 50, 60, 1, 2, 3};
  EXPECT_EQ(pixelsOf(row(2, 8, palette, bytes({1, 0}), colours)), expected);
  EXPECT_EQ(pixelsOf(row(2, 4, palette, bytes({0x10}), colours)), expected);
  EXPECT_EQ(pixelsOf(row(2, 2, palette, bytes({0b01000000}), colours)),
            expected);
  EXPECT_EQ(pixelsOf(row(2, 1, palette, bytes({0b10000000}), colours)),
            expected);
  EXPECT_EQ(pixelsOf(row(2, 8, palette, bytes({1, 0}),
                         colours + pngChunk("tRNS", bytes({0, 99})))),
            expected);
}

TEST(Png, IndicesBeyondThePaletteAreBlack) {
  EXPECT_EQ(pixelsOf(row(2, 8, palette, bytes({0, 200}),
                         pngChunk("PLTE", bytes({1, 2, 3})))),
            (Pixels{1, 2, 3, 0, 0, 0}));
}

TEST(Png, GammaAndProfilesAreIgnored) {
  std::string chunks = pngChunk("gAMA", be(20000, 4)) +
                       pngChunk("iCCP", "broken") + pngChunk("cHRM", "short");
  EXPECT_EQ(pixelsOf(row(1, 8, color, bytes({1, 2, 3}), chunks)),
            (Pixels{1, 2, 3}));
}

TEST(Png, CompleteRowsSuffice) {
  std::string file = pngFile({1, 2, 8, grey, {bytes({5}), bytes({6})}, ""});
  Pixels expected = {5, 5, 5, 6, 6, 6};
  EXPECT_EQ(pixelsOf(file.substr(0, file.size() - 12)), expected); // no IEND
  EXPECT_EQ(pixelsOf(file + "garbage"), expected);
  // A row is missing: deflate's stream ends before it.
  std::string shorter = pngFile({1, 2, 8, grey, {bytes({5})}, ""});
  EXPECT_EQ(errorOf(shorter).find("the PNG data is damaged or ends early: "),
            0u)
      << errorOf(shorter);
}

TEST(Png, HostileHeaders) {
  auto error = [](uint32_t width, uint32_t height, int depth = 8,
                  int colorType = color) {
    return errorOf(pngFile({width, height, depth, colorType, {"abc"}, ""}));
  };
  EXPECT_EQ(error(20000, 20000),
            "the picture is 20000 x 20000 pixels, expected "
            "at most 178956970 in all");
  EXPECT_EQ(error(0x7fffffff, 0x7fffffff).find("the picture is 2147483647 x"),
            0u);
  // Within the limit, but these few bytes cannot hold it.
  EXPECT_NE(error(13000, 13000).find("cannot hold 13000 x 13000"),
            std::string::npos)
      << error(13000, 13000);
  EXPECT_NE(error(100'000'000, 1, 16, rgba).find("cannot hold"),
            std::string::npos);
  EXPECT_NE(error(0, 5), "");
  EXPECT_NE(error(5, 0), "");
  EXPECT_NE(error(0xffffffff, 1), "");
  EXPECT_NE(error(1, 1, 3), "");
  EXPECT_NE(error(1, 1, 8, 5), "");
  EXPECT_NE(error(1, 1, 8, palette), ""); // no PLTE
}

/// A width beyond libpng's own default limit of a million.
TEST(Png, LongRowsAreRead) {
  std::string data(250'000, '\x55');
  Pixels pixels = pixelsOf(row(2'000'000, 1, grey, data));
  ASSERT_EQ(pixels.size(), 6'000'000u);
  EXPECT_EQ(pixels[2], 0);
  EXPECT_EQ(pixels[3], 255);
}

TEST(Png, OrientationChunksThatMakeNoSense) {
  std::string pixel = bytes({1, 2, 3});
  for (const std::string &chunk :
       {pngChunk("eXIf", ""), pngChunk("eXIf", "II"),
        pngChunk("zTXt", std::string("Raw profile type exif\0\0nonsense", 31)),
        pngChunk("zTXt", std::string("Raw profile type exif", 21)),
        pngChunk("tEXt", std::string("Raw profile type exif\0\n\n\nzz", 27)),
        pngChunk("iTXt", std::string("XML:com.adobe.xmp\0", 18)),
        pngChunk("iTXt", std::string("XML:com.adobe.xmp\0\1\0\0\0bad", 25))})
    EXPECT_EQ(pixelsOf(row(1, 8, color, pixel, chunk)), (Pixels{1, 2, 3}));
}

/// Decompressed metadata is bounded: a chunk of 64 MiB of zeros is not EXIF.
TEST(Png, MetadataBombIsSkipped) {
  std::string zeros(64 << 20, '\0');
  std::string inner =
      pngFile({uint32_t(zeros.size()), 1, 8, grey, {zeros}, ""});
  size_t idat = inner.find("IDAT") + 4;
  std::string bomb = inner.substr(idat, inner.find("IEND") - idat - 8);
  std::string chunk =
      pngChunk("zTXt", std::string("Raw profile type exif\0\0", 23) + bomb);
  EXPECT_EQ(pixelsOf(row(1, 8, color, bytes({1, 2, 3}), chunk)),
            (Pixels{1, 2, 3}));
}
