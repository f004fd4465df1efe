//===- samples.cpp - Pictures for the tests -------------------------------===//

#include "test/unit/image/samples.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <zlib.h>

using namespace cvt::image;
using namespace cvt::image::test;

std::string test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> test::samplePaths() {
  std::vector<std::string> paths;
  for (const auto &entry :
       std::filesystem::directory_iterator("test/unit/image/data"))
    if (entry.path().extension() != ".ppm")
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Image test::expectedPixels(const std::string &samplePath) {
  std::string file = readFile(samplePath + ".ppm");
  std::istringstream stream(file);
  std::string magic;
  int maxValue = 0;
  Image image;
  stream >> magic >> image.width >> image.height >> maxValue;
  size_t count = size_t(image.width) * image.height * 3;
  EXPECT_TRUE(magic == "P6" && maxValue == 255 && count < file.size());
  image.pixels.assign(file.end() - ptrdiff_t(count), file.end());
  return image;
}

Result<Image> test::decodeString(const std::string &file, bool orientation) {
  // A block of exactly this size, so that sanitizers see every byte too far.
  std::vector<char> exact(file.begin(), file.end());
  return decode(std::as_bytes(std::span(exact)),
                {.applyOrientation = orientation});
}

Pixels test::pixelsOf(const std::string &file) {
  Result<Image> image = decodeString(file);
  if (!image) {
    ADD_FAILURE() << image.error();
    return {};
  }
  EXPECT_EQ(image->pixels.size(), size_t(image->width) * image->height * 3);
  return image->pixels;
}

std::string test::errorOf(const std::string &file) {
  Result<Image> image = decodeString(file);
  return image ? "" : image.error();
}

std::string test::bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

std::string test::le(uint32_t value, int byteCount) {
  std::string result;
  for (int i = 0; i < byteCount; ++i)
    result += char(value >> 8 * i);
  return result;
}

std::string test::be(uint32_t value, int byteCount) {
  std::string result = le(value, byteCount);
  return {result.rbegin(), result.rend()};
}

std::string test::pngChunk(const std::string &type, const std::string &data) {
  std::string body = type + data;
  uLong sum =
      crc32(0, reinterpret_cast<const Bytef *>(body.data()), uInt(body.size()));
  return be(uint32_t(data.size()), 4) + body + be(uint32_t(sum), 4);
}

std::string test::pngFile(const PngParts &parts) {
  std::string raw;
  for (const std::string &row : parts.rows)
    raw += '\0' + row; // no filter
  uLongf size = compressBound(raw.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef *>(packed.data()), &size,
           reinterpret_cast<const Bytef *>(raw.data()), raw.size());
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" +
         pngChunk("IHDR", be(parts.width, 4) + be(parts.height, 4) +
                              bytes({parts.depth, parts.colorType, 0, 0, 0})) +
         parts.chunks + pngChunk("IDAT", packed) + pngChunk("IEND", "");
}

std::string test::exifBlock(int orientation, bool bigEndian) {
  auto number = bigEndian ? be : le;
  return (bigEndian ? std::string("MM\0*", 4) : std::string("II*\0", 4)) +
         number(8, 4) + number(1, 2) + number(0x112, 2) + number(3, 2) +
         number(1, 4) + number(uint32_t(orientation), 2) + number(0, 2) +
         number(0, 4);
}
