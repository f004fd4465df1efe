//===- decode.cpp - From the bytes of a file to an RGB picture ------------===//
//
// Recognises the format, hands the file to its decoder and turns the result.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/decode.h"
#include "runtime/image/formats.h"
#include "runtime/image/orientation.h"

#include <new>
#include <string>

using namespace cvt::image;

Status cvt::image::checkSize(int64_t width, int64_t height) {
  if (width < 1 || height < 1)
    return Error{"the picture is " + std::to_string(width) + " x " +
                 std::to_string(height) + " pixels, expected at least 1 x 1"};
  if (width > maxPixels / height)
    return Error{"the picture is " + std::to_string(width) + " x " +
                 std::to_string(height) + " pixels, expected at most " +
                 std::to_string(maxPixels) + " in all"};
  return {};
}

Format cvt::image::recognise(Bytes bytes) {
  if (startsWith(bytes, "\xff\xd8\xff"))
    return Format::jpeg;
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n"))
    return Format::png;
  if (startsWith(bytes, "RIFF") && has(bytes, 8, 4) &&
      startsWith(bytes.subspan(8), "WEBP"))
    return Format::webp;
  if (startsWith(bytes, "BM"))
    return Format::bmp;
  if ((startsWith(bytes, "P5") || startsWith(bytes, "P6")) &&
      has(bytes, 2, 1) && isSpace(data(bytes)[2]))
    return Format::pnm;
  return Format::unknown;
}

static Result<Decoded> decodeAny(Bytes bytes) {
  switch (recognise(bytes)) {
  case Format::jpeg:
    return decodeJpeg(bytes);
  case Format::png:
    return decodePng(bytes);
  case Format::webp:
    return decodeWebp(bytes);
  case Format::bmp:
    return decodeBmp(bytes);
  case Format::pnm:
    return decodePnm(bytes);
  case Format::unknown:
    break;
  }
  if (bytes.empty())
    return Error{"the file is empty, expected a picture"};
  return Error{"this is no picture in a known format, expected JPEG, PNG, "
               "WebP, BMP or PNM (P5, P6)"};
}

Result<Image> cvt::image::decode(Bytes bytes, const DecodeOptions &options) {
  try {
    Result<Decoded> decoded = decodeAny(bytes);
    if (!decoded)
      return Error{decoded.error()};
    if (!options.applyOrientation)
      return std::move(decoded->image);
    return turned(std::move(decoded->image), decoded->orientation);
  } catch (const std::bad_alloc &) {
    return Error{"there is not enough memory to decode the picture"};
  }
}
