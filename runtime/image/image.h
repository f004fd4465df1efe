//===- image.h - An 8-bit RGB picture -------------------------------------===//
//
// The one form all formats are decoded to.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_IMAGE_H
#define CVT_RUNTIME_IMAGE_IMAGE_H

#include "runtime/image/result.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cvt::image {

/// The largest picture that is accepted, in pixels: Pillow's own limit.
inline constexpr int64_t maxPixels = 178'956'970;

/// Rows from the top, pixels from the left, red, green, blue, without padding:
/// `pixels` has height * width * 3 bytes.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;

  size_t rowBytes() const { return size_t(width) * 3; }
  uint8_t *row(int y) { return pixels.data() + size_t(y) * rowBytes(); }
  const uint8_t *row(int y) const {
    return pixels.data() + size_t(y) * rowBytes();
  }
};

/// An Image's pixels in memory that somebody else owns, and keeps.
struct ImageView {
  int width = 0;
  int height = 0;
  const uint8_t *pixels = nullptr;

  ImageView(int width, int height, const uint8_t *pixels)
      : width(width), height(height), pixels(pixels) {}
  ImageView(const Image &image)
      : ImageView(image.width, image.height, image.pixels.data()) {}

  size_t rowBytes() const { return size_t(width) * 3; }
  const uint8_t *row(int y) const { return pixels + size_t(y) * rowBytes(); }
};

/// Fails unless 1 <= width, 1 <= height and width * height <= maxPixels.
/// Every decoder asks this before it allocates for pixels.
Status checkSize(int64_t width, int64_t height);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_IMAGE_H
