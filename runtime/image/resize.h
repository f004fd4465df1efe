//===- resize.h - Pillow's resize, to the bit -----------------------------===//
//
// Image.resize of Pillow 13.0.0 for 8-bit RGB.  Only the window that is asked
// for is computed, so a picture of a million pixels by one needs no more memory
// than any other.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_RESIZE_H
#define CVT_RUNTIME_IMAGE_RESIZE_H

#include "runtime/image/image.h"

#include <cstdint>

namespace cvt::image {

/// Numbered as PIL.Image.Resampling, and so as `resample` in a
/// preprocessor_config.json.
enum class Filter {
  nearest = 0,
  lanczos = 1,
  bilinear = 2,
  bicubic = 3,
  box = 4,
  hamming = 5
};

struct Size {
  int64_t width = 0;
  int64_t height = 0;
  bool operator==(const Size &) const = default;
};

/// A rectangle of the resized picture.
struct Window {
  int64_t left = 0;
  int64_t top = 0;
  int width = 0;
  int height = 0;
};

/// The part `window` of `image` resized to `size`.  `image` is not empty;
/// `window` is not empty, inside `size` and has at most maxPixels pixels.
/// Sizes are below 2^50.  May throw std::bad_alloc.  Any thread.
Image resize(ImageView image, Size size, Filter filter, const Window &window);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_RESIZE_H
