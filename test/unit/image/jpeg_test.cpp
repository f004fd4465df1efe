//===- jpeg_test.cpp - What is wrong with JPEG files ----------------------===//
//
// Right ones are among the samples of decode_test.cpp.
//
//===----------------------------------------------------------------------===//

#include "test/unit/image/samples.h"

using namespace cvt::image;
using namespace cvt::image::test;

static std::string sample(const std::string &name) {
  return readFile("test/unit/image/data/" + name);
}

/// baseline.jpg with other numbers in its frame header.
static std::string withSize(int width, int height) {
  std::string file = sample("baseline.jpg");
  size_t frame = file.find("\xff\xc0");
  return file.replace(frame + 5, 4, be(height, 2) + be(width, 2));
}

TEST(Jpeg, MissingEndMarkerIsAnError) {
  std::string file = sample("baseline.jpg");
  ASSERT_TRUE(file.ends_with("\xff\xd9"));
  EXPECT_EQ(
      errorOf(file.substr(0, file.size() - 2)),
      "the JPEG data is damaged or ends early: Premature end of JPEG file");
  EXPECT_EQ(pixelsOf(file + "garbage"), pixelsOf(file));
}

TEST(Jpeg, HostileHeaders) {
  EXPECT_EQ(
      errorOf(withSize(65500, 65500)),
      "the picture is 65500 x 65500 pixels, expected at most 178956970 in "
      "all");
  // Within the limit: the file ends long before the picture does.  (With an end
  // marker it would be a picture with grey below, as it is for Pillow.)
  std::string large = withSize(13000, 13000);
  EXPECT_NE(errorOf(large.substr(0, large.size() - 2)), "");
  EXPECT_NE(errorOf(withSize(0, 5)), "");
  EXPECT_NE(errorOf(withSize(5, 0)), "");
  EXPECT_NE(errorOf(withSize(65535, 1)), "");
}

TEST(Jpeg, UnknownNumberOfComponents) {
  // A frame of two components, of which libjpeg makes nothing we know.
  std::string frame = be(8 + 3 * 2, 2) + bytes({8}) + be(4, 2) + be(4, 2) +
                      bytes({2, 1, 0x11, 0, 2, 0x11, 0});
  std::string scan = be(6 + 2 * 2, 2) + bytes({2, 1, 0, 2, 0, 0, 63, 0});
  EXPECT_EQ(errorOf("\xff\xd8\xff\xc0" + frame + "\xff\xda" + scan),
            "the JPEG has 2 colour components, expected 1, 3 or 4");
}

/// Each scan of a small file can cost a pass over a big picture.
TEST(Jpeg, ManyScansAreRefused) {
  std::string file = sample("progressive.jpg");
  size_t first = file.find("\xff\xda");
  size_t second = file.find("\xff\xda", first + 2);
  ASSERT_NE(second, file.npos);
  // Up to the next table or scan.
  size_t end = std::min(file.find("\xff\xc4", first + 2), second);
  std::string scan = file.substr(first, end - first);
  auto withScans = [&](int count) {
    std::string result = file.substr(0, first);
    for (int i = 0; i < count; ++i)
      result += scan;
    return result + "\xff\xd9";
  };
  EXPECT_EQ(errorOf(withScans(100)), "");
  EXPECT_EQ(errorOf(withScans(600)),
            "the JPEG data is damaged or ends early: more than 500 scans");
}

TEST(Jpeg, ExifMaySpanSegments) {
  std::string file = sample("rgb.jpg");
  std::string exif = exifBlock(3);
  auto segment = [](const std::string &part) {
    return "\xff\xe1" + be(uint32_t(part.size() + 8), 2) +
           std::string("Exif\0\0", 6) + part;
  };
  std::string turned = file.substr(0, 2) + segment(exif.substr(0, 11)) +
                       segment(exif.substr(11)) + file.substr(2);
  Pixels pixels = pixelsOf(turned), stored = pixelsOf(file);
  ASSERT_EQ(pixels.size(), stored.size());
  for (int c = 0; c < 3; ++c)
    EXPECT_EQ(pixels[c], stored[stored.size() - 3 + c]);
}
