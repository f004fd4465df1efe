//===- formats.h - One decoder for each format ----------------------------===//
//
// Internal to this folder.  Each decoder takes a whole file that `recognise`
// gave to it and may throw std::bad_alloc.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_FORMATS_H
#define CVT_RUNTIME_IMAGE_FORMATS_H

#include "runtime/image/bytes.h"
#include "runtime/image/image.h"

namespace cvt::image {

struct Decoded {
  Image image;
  /// EXIF's orientation, 1 to 8; 1: upright.
  int orientation = 1;
};

Result<Decoded> decodeJpeg(Bytes file);
Result<Decoded> decodePng(Bytes file);
Result<Decoded> decodeWebp(Bytes file);
Result<Decoded> decodeBmp(Bytes file);
Result<Decoded> decodePnm(Bytes file);

/// The orientation stored in a PNG file's chunks (eXIf, ImageMagick's "Raw
/// profile type exif", XMP).  Chunks that make no sense are skipped.
int pngOrientation(Bytes file);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_FORMATS_H
