//===- decode.h - From the bytes of a file to an RGB picture --------------===//
//
// JPEG, PNG, WebP, BMP and binary PNM (P5, P6), told apart by content, decoded
// to the same pixels as Pillow 13.0.0's convert("RGB").
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_DECODE_H
#define CVT_RUNTIME_IMAGE_DECODE_H

#include "runtime/image/image.h"

#include <cstddef>
#include <span>

namespace cvt::image {

enum class Format { unknown, jpeg, png, webp, bmp, pnm };

/// What the first bytes of a file say it is.  Any thread.
Format recognise(std::span<const std::byte> bytes);

struct DecodeOptions {
  /// Turn the picture as the orientation says that a camera stored in it
  /// (EXIF, else XMP), as Hugging Face's load_image does.
  bool applyOrientation = true;
};

/// Decodes a whole file.  Fails for an unknown format, for damaged or
/// truncated data, for more than maxPixels pixels (before allocating for them)
/// and when memory runs out; never throws.  Any thread.
Result<Image> decode(std::span<const std::byte> bytes,
                     const DecodeOptions &options = {});

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_DECODE_H
