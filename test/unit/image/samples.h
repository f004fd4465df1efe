//===- samples.h - Pictures for the tests ---------------------------------===//
//
// Encoded pictures put together byte by byte, the files of data/, and short
// ways to decode them.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_IMAGE_SAMPLES_H
#define CVT_TEST_UNIT_IMAGE_SAMPLES_H

#include "runtime/image/decode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cvt::image::test {

using Pixels = std::vector<uint8_t>;

/// A file's content; fails the test if it cannot be read.
std::string readFile(const std::string &path);

/// The encoded pictures in data/, by path, without the .ppm beside each.
std::vector<std::string> samplePaths();

/// The RGB picture that a sample must be decoded to.
Image expectedPixels(const std::string &samplePath);

/// decode(), of a string.
Result<Image> decodeString(const std::string &file, bool orientation = true);

/// What decoding gives, or nothing if it fails, which fails the test.
Pixels pixelsOf(const std::string &file);

/// Why decoding fails, or "" if it does not.
std::string errorOf(const std::string &file);

/// The bytes of the numbers 0 to 255.
std::string bytes(std::initializer_list<int> values);

std::string le(uint32_t value, int byteCount);
std::string be(uint32_t value, int byteCount);

/// A PNG chunk.
std::string pngChunk(const std::string &type, const std::string &data);

struct PngParts {
  uint32_t width, height;
  int depth, colorType;
  /// The rows as stored, without filter bytes.
  std::vector<std::string> rows;
  /// Chunks before the pixels, PLTE and tRNS among them.
  std::string chunks;
};

/// A PNG file that is not interlaced, in one IDAT chunk.
std::string pngFile(const PngParts &parts);

/// An EXIF block, without "Exif\0\0", with one tag.
std::string exifBlock(int orientation, bool bigEndian = false);

} // namespace cvt::image::test

#endif // CVT_TEST_UNIT_IMAGE_SAMPLES_H
