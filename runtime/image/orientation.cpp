//===- orientation.cpp - Which way is up ----------------------------------===//
//
// Finds the orientation tag in EXIF (a TIFF directory) and XMP (a text), and
// turns pictures.  Where the two disagree or are damaged, what Pillow's
// ImageOps.exif_transpose does counts.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/orientation.h"

#include <algorithm>
#include <optional>

using namespace cvt::image;

namespace {

/// A TIFF block's numbers in the byte order that its header names.
class Tiff {
public:
  /// Empty unless the block starts as TIFF does.
  static std::optional<Tiff> open(Bytes block) {
    if (!has(block, 0, 8))
      return {};
    if (startsWith(block, std::string_view("II*\0", 4)))
      return Tiff(block, /*littleEndian=*/true);
    if (startsWith(block, std::string_view("MM\0*", 4)))
      return Tiff(block, /*littleEndian=*/false);
    return {};
  }

  bool contains(size_t offset, size_t count) const {
    return has(block, offset, count);
  }
  uint32_t u16(size_t offset) const {
    return littleEndian ? le16(block, offset) : be16(block, offset);
  }
  uint32_t u32(size_t offset) const {
    return littleEndian ? le32(block, offset) : be32(block, offset);
  }

private:
  Tiff(Bytes block, bool littleEndian)
      : block(block), littleEndian(littleEndian) {}

  Bytes block;
  bool littleEndian;
};

} // namespace

/// The orientation tag's value in an EXIF block, whatever it is.
static std::optional<uint32_t> exifOrientation(Bytes exif) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  for (int i = 0; i < 2 && startsWith(exif, prefix); ++i)
    exif = exif.subspan(prefix.size());
  std::optional<Tiff> tiff = Tiff::open(exif);
  if (!tiff)
    return {};

  constexpr uint32_t orientationTag = 0x112;
  constexpr uint32_t u16Type = 3, u32Type = 4, i16Type = 8, i32Type = 9;
  std::optional<uint32_t> value;
  size_t directory = tiff->u32(4);
  if (!tiff->contains(directory, 2))
    return {};
  size_t entries = tiff->u16(directory);
  for (size_t i = 0; i < entries; ++i) {
    size_t entry = directory + 2 + 12 * i;
    if (!tiff->contains(entry, 12))
      break;
    if (tiff->u16(entry) != orientationTag || tiff->u32(entry + 4) != 1)
      continue;
    uint32_t type = tiff->u16(entry + 2);
    if (type == u16Type || type == i16Type)
      value = tiff->u16(entry + 8);
    else if (type == u32Type || type == i32Type)
      value = tiff->u32(entry + 8);
  }
  return value;
}

/// The digit after `tiff:Orientation="` or `tiff:Orientation>`.
static std::optional<uint32_t> xmpOrientation(Bytes xmp) {
  constexpr std::string_view key = "tiff:Orientation";
  std::string_view rest = text(xmp);
  for (size_t at = rest.find(key); at != rest.npos; at = rest.find(key)) {
    rest.remove_prefix(at + key.size());
    std::string_view value = rest;
    if (value.starts_with("=\""))
      value.remove_prefix(2);
    else if (value.starts_with(">"))
      value.remove_prefix(1);
    else
      continue;
    if (!value.empty() && value[0] >= '0' && value[0] <= '9')
      return uint32_t(value[0] - '0');
  }
  return {};
}

int cvt::image::findOrientation(Bytes exif, Bytes xmp) {
  std::optional<uint32_t> value = exifOrientation(exif);
  if (!value)
    value = xmpOrientation(xmp);
  return value && *value >= 1 && *value <= 8 ? int(*value) : 1;
}

Image cvt::image::turned(Image image, int orientation) {
  if (orientation == 1)
    return image;
  // Walking the result's pixels along x moves by `stepX` bytes in the source,
  // along y by `stepY`; which axis that is and where it starts is what the
  // eight orientations differ in.
  bool swapsAxes = orientation >= 5;
  bool fromRight = orientation == 2 || orientation == 3 || orientation == 7 ||
                   orientation == 8;
  bool fromBottom = orientation == 3 || orientation == 4 || orientation == 6 ||
                    orientation == 7;
  ptrdiff_t alongRow = fromRight ? -3 : 3;
  ptrdiff_t alongColumn = ptrdiff_t(image.rowBytes()) * (fromBottom ? -1 : 1);
  const uint8_t *start = image.row(fromBottom ? image.height - 1 : 0) +
                         (fromRight ? image.rowBytes() - 3 : 0);
  ptrdiff_t stepX = swapsAxes ? alongColumn : alongRow;
  ptrdiff_t stepY = swapsAxes ? alongRow : alongColumn;

  Image result;
  result.width = swapsAxes ? image.height : image.width;
  result.height = swapsAxes ? image.width : image.height;
  result.pixels.resize(image.pixels.size());
  // Tiles keep both pictures' lines in the cache where the axes are swapped.
  constexpr int tile = 32;
  for (int top = 0; top < result.height; top += tile)
    for (int left = 0; left < result.width; left += tile)
      for (int y = top; y < std::min(top + tile, result.height); ++y) {
        const uint8_t *from = start + y * stepY + left * stepX;
        uint8_t *to = result.row(y) + size_t(left) * 3;
        for (int x = 0; x < std::min(tile, result.width - left); ++x)
          std::copy_n(from + x * stepX, 3, to + x * 3);
      }
  return result;
}
