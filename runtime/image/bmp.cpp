//===- bmp.cpp - Uncompressed BMP with 8, 24 or 32 bits a pixel -----------===//
//
// Rows are padded to four bytes and stored from the bottom unless the height
// is negative.  The padding of the last row may be missing.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

using namespace cvt::image;

namespace {

struct BmpHeader {
  int64_t width = 0;
  int64_t height = 0;
  bool topDown = false;
  int bits = 0;
  uint32_t compression = 0;
  size_t pixelOffset = 0;
  size_t paletteOffset = 0;
  size_t paletteEntryBytes = 4;
  size_t paletteEntries = 0;
  /// Where red, green and blue are in a pixel's 3 or 4 bytes.
  std::array<int, 3> channelByte = {2, 1, 0};
};

using Palette = std::array<std::array<uint8_t, 3>, 256>;

} // namespace

static constexpr size_t fileHeaderBytes = 14;

static Error endsEarly() { return Error{"the BMP data ends early"}; }

/// The byte of a little-endian pixel that a channel's mask selects.
static std::optional<int> maskByte(uint32_t mask) {
  for (int byte = 0; byte < 4; ++byte)
    if (mask == 0xffu << 8 * byte)
      return byte;
  return {};
}

/// Masks of a BITFIELDS file: behind the 40 bytes of the oldest header, which
/// is where the newer headers have them too.
static Status readMasks(Bytes file, BmpHeader &header) {
  constexpr size_t masksOffset = fileHeaderBytes + 40;
  if (!has(file, masksOffset, 12))
    return endsEarly();
  for (int c = 0; c < 3; ++c) {
    std::optional<int> byte = maskByte(le32(file, masksOffset + 4 * size_t(c)));
    if (!byte || *byte >= header.bits / 8)
      return Error{
          "the BMP has colour masks that are not whole bytes, expected "
          "8 bits for each colour"};
    header.channelByte[c] = *byte;
  }
  return {};
}

/// OS/2's header of 12 bytes: 16-bit sizes, palette entries of 3 bytes.
static void readCoreHeader(Bytes file, BmpHeader &header) {
  header.width = le16(file, 18);
  header.height = le16(file, 20);
  header.bits = int(le16(file, 24));
  header.paletteEntryBytes = 3;
}

/// Windows' header of 40 bytes or more.
static void readInfoHeader(Bytes file, BmpHeader &header) {
  header.width = int32_t(le32(file, 18));
  header.height = int32_t(le32(file, 22));
  header.topDown = header.height < 0;
  if (header.topDown)
    header.height = -header.height;
  header.bits = int(le16(file, 28));
  header.paletteEntries = le32(file, 46);
  header.compression = le32(file, 30);
}

static Result<BmpHeader> readHeader(Bytes file) {
  if (!has(file, 0, fileHeaderBytes + 12))
    return endsEarly();
  size_t headerBytes = le32(file, fileHeaderBytes);
  if (headerBytes != 12 && (headerBytes < 40 || headerBytes > 124))
    return Error{"the BMP has a header of " + std::to_string(headerBytes) +
                 " bytes, expected 12 or 40 to 124"};
  if (!has(file, fileHeaderBytes, headerBytes))
    return endsEarly();

  BmpHeader header;
  if (headerBytes == 12)
    readCoreHeader(file, header);
  else
    readInfoHeader(file, header);
  if (header.bits != 8 && header.bits != 24 && header.bits != 32)
    return Error{"the BMP has " + std::to_string(header.bits) +
                 " bits a pixel, expected 8, 24 or 32"};
  constexpr uint32_t uncompressed = 0, bitfields = 3;
  if (header.compression != uncompressed &&
      (header.compression != bitfields || header.bits == 8))
    return Error{"the BMP is compressed (method " +
                 std::to_string(header.compression) +
                 "), expected an uncompressed one"};
  if (header.compression == bitfields)
    if (Status status = readMasks(file, header))
      return *status;
  if (Status status = checkSize(header.width, header.height))
    return *status;

  header.pixelOffset = le32(file, 10);
  header.paletteOffset = fileHeaderBytes + headerBytes;
  if (header.paletteEntries == 0)
    header.paletteEntries = 256;
  // Some writers forget the palette when they say where the pixels start.
  if (header.bits == 8 && header.pixelOffset == header.paletteOffset)
    header.pixelOffset += header.paletteEntryBytes * header.paletteEntries;
  return header;
}

/// Colours that the file does not list are black.
static Result<Palette> readPalette(Bytes file, const BmpHeader &header) {
  Palette palette{};
  size_t count = std::min(header.paletteEntries, palette.size());
  if (!has(file, header.paletteOffset, count * header.paletteEntryBytes))
    return endsEarly();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *entry =
        data(file) + header.paletteOffset + i * header.paletteEntryBytes;
    palette[i] = {entry[2], entry[1], entry[0]};
  }
  return palette;
}

static void convertRow(const uint8_t *in, const BmpHeader &header,
                       const Palette &palette, Image &image, int y) {
  uint8_t *out = image.row(y);
  size_t pixelBytes = size_t(header.bits) / 8;
  for (int x = 0; x < image.width; ++x, in += pixelBytes, out += 3) {
    if (header.bits == 8)
      std::copy_n(palette[*in].data(), 3, out);
    else
      for (int c = 0; c < 3; ++c)
        out[c] = in[header.channelByte[c]];
  }
}

Result<Decoded> cvt::image::decodeBmp(Bytes file) {
  Result<BmpHeader> header = readHeader(file);
  if (!header)
    return Error{header.error()};
  Palette palette{};
  if (header->bits == 8) {
    Result<Palette> read = readPalette(file, *header);
    if (!read)
      return Error{read.error()};
    palette = *read;
  }

  size_t rowBytes = size_t(header->width) * size_t(header->bits) / 8;
  size_t stride = (rowBytes + 3) & ~size_t(3);
  size_t pixelBytes = stride * size_t(header->height - 1) + rowBytes;
  if (!has(file, header->pixelOffset, pixelBytes))
    return endsEarly();

  Decoded result;
  Image &image = result.image;
  image.width = int(header->width);
  image.height = int(header->height);
  image.pixels.resize(size_t(image.height) * image.rowBytes());
  for (int y = 0; y < image.height; ++y) {
    int stored = header->topDown ? y : image.height - 1 - y;
    convertRow(data(file) + header->pixelOffset + size_t(stored) * stride,
               *header, palette, image, y);
  }
  return result;
}
