//===- pnm_test.cpp - PNM's sample sizes and what is wrong with files -----===//

#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

TEST(Pnm, Bytes) {
  EXPECT_EQ(pixelsOf("P6\n1 2\n255\nabcdef"),
            (Pixels{'a', 'b', 'c', 'd', 'e', 'f'}));
  EXPECT_EQ(pixelsOf("P5 2 1 255 ab"), (Pixels{'a', 'a', 'a', 'b', 'b', 'b'}));
}

TEST(Pnm, CommentsAndWhiteSpace) {
  EXPECT_EQ(pixelsOf("P5\n# a comment\n 1\t#another\r1 \n\v255\f#"),
            (Pixels{'#', '#', '#'}));
}

TEST(Pnm, SmallMaximaAreScaled) {
  // 1 / 3 * 255 = 85; 2 of 4 is 127.5, rounded to even; beyond is clipped.
  EXPECT_EQ(pixelsOf("P5 2 1 3 " + bytes({1, 9})),
            (Pixels{85, 85, 85, 255, 255, 255}));
  EXPECT_EQ(pixelsOf("P6 1 1 4 " + bytes({2, 4, 0})), (Pixels{128, 255, 0}));
  EXPECT_EQ(pixelsOf("P6 1 1 170 " + bytes({1, 3, 5})), (Pixels{2, 4, 8}));
}

TEST(Pnm, TwoByteColourIsScaled) {
  EXPECT_EQ(pixelsOf("P6 1 1 65535 " + bytes({255, 255, 128, 0, 0, 129})),
            (Pixels{255, 128, 1}));
  EXPECT_EQ(pixelsOf("P6 1 1 1000 " + bytes({3, 232, 1, 244, 255, 255})),
            (Pixels{255, 128, 255}));
}

TEST(Pnm, TwoByteGreyIsClipped) {
  EXPECT_EQ(pixelsOf("P5 3 1 65535 " + bytes({0, 9, 0, 255, 1, 0})),
            (Pixels{9, 9, 9, 255, 255, 255, 255, 255, 255}));
  // 1 of 1000 is 66 of 65535.
  EXPECT_EQ(pixelsOf("P5 2 1 1000 " + bytes({0, 1, 0, 4})),
            (Pixels{66, 66, 66, 255, 255, 255}));
}

TEST(Pnm, EveryTruncation) {
  for (const std::string &file :
       {std::string("P6\n2 1\n255\nabcdef"), std::string("P5 1 2 256 abcd")}) {
    EXPECT_EQ(errorOf(file), "");
    for (size_t length = 0; length < file.size(); ++length)
      EXPECT_NE(errorOf(file.substr(0, length)), "") << length;
  }
}

TEST(Pnm, HostileHeaders) {
  EXPECT_EQ(
      errorOf("P6 20000 20000 255 abc"),
      "the picture is 20000 x 20000 pixels, expected at most 178956970 in "
      "all");
  EXPECT_EQ(errorOf("P6 9999999999 9999999999 255 abc").find("the picture is"),
            0u);
  EXPECT_EQ(errorOf("P6 13000 13000 255 abc"), "the PNM data ends early");
  EXPECT_EQ(errorOf("P6 1 1 0 abc"), "the PNM header gives 0 as the largest "
                                     "value, expected 1 to 65535");
  EXPECT_EQ(errorOf("P6 1 1 65536 abc"), "the PNM header gives 65536 as the "
                                         "largest value, expected 1 to 65535");
  for (const char *damaged :
       {"P6 0 1 255 abc", "P6 1 0 255 abc", "P6 -1 1 255 abc", "P6 x 1 255 abc",
        "P6 1 1", "P6 1", "P6 ", "P6 # comment", "P6 00000000001 1 255 abc"})
    EXPECT_NE(errorOf(damaged), "") << damaged;
}
