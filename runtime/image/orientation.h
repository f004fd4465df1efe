//===- orientation.h - Which way is up ------------------------------------===//
//
// Cameras store pictures as their sensor lies and note how to turn them.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_ORIENTATION_H
#define CVT_RUNTIME_IMAGE_ORIENTATION_H

#include "runtime/image/bytes.h"
#include "runtime/image/image.h"

namespace cvt::image {

/// The orientation (1 to 8) that an EXIF block, with or without its "Exif\0\0",
/// or, if that has none, an XMP packet gives; 1 if neither does or the blocks
/// are damaged.  Either may be empty.
int findOrientation(Bytes exif, Bytes xmp);

/// The picture turned upright; `orientation` is 1 to 8.
Image turned(Image image, int orientation);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_ORIENTATION_H
