//===- png_metadata.cpp - The orientation among a PNG's chunks ------------===//
//
// Walks the chunks for EXIF and XMP.  Checksums are not compared: a wrong
// orientation is the worst that a damaged block can cause.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"
#include "runtime/image/orientation.h"

#include <optional>
#include <string>

#include <zlib.h>

using namespace cvt::image;

/// Decompressed metadata beyond this is not looked at.
static constexpr size_t maxTextBytes = size_t(1) << 20;

static Bytes asBytes(const std::string &s) {
  return std::as_bytes(std::span(s));
}

/// What zlib data holds, at most maxTextBytes; empty if it is damaged.
static std::string inflated(Bytes compressed) {
  std::string result(maxTextBytes, '\0');
  uLongf size = result.size();
  int status = uncompress(reinterpret_cast<Bytef *>(result.data()), &size,
                          data(compressed), compressed.size());
  result.resize(status == Z_OK ? size : 0);
  return result;
}

/// The part of `bytes` before the next NUL, which is cut off `bytes` with it;
/// nothing if there is none.
static std::optional<Bytes> takeString(Bytes &bytes) {
  size_t end = text(bytes).find('\0');
  if (end == std::string_view::npos)
    return {};
  Bytes string = bytes.first(end);
  bytes = bytes.subspan(end + 1);
  return string;
}

namespace {
/// What follows the keyword in a tEXt, zTXt or iTXt chunk.
struct TextChunk {
  std::string_view type;
  Bytes content;
};
} // namespace

/// The chunk without its keyword, if that is `keyword`.
static std::optional<TextChunk> textChunk(std::string_view type, Bytes chunk,
                                          std::string_view keyword) {
  std::optional<Bytes> found = takeString(chunk);
  if (!found || text(*found) != keyword)
    return {};
  return TextChunk{type, chunk};
}

/// The text of a tEXt, zTXt or iTXt chunk; empty if it is damaged.
static std::string textOf(const TextChunk &chunk) {
  Bytes content = chunk.content;
  bool compressed = chunk.type == "zTXt";
  if (chunk.type == "iTXt") {
    if (content.empty())
      return {};
    compressed = data(content)[0] != 0;
    content = content.subspan(1);
  }
  if (chunk.type != "tEXt") {
    // The compression method; 0, deflate, is the only one.
    if (content.empty() || (compressed && data(content)[0] != 0))
      return {};
    content = content.subspan(1);
  }
  if (chunk.type == "iTXt" && (!takeString(content) || !takeString(content)))
    return {}; // language and translated keyword
  return compressed ? inflated(content) : std::string(text(content));
}

/// The bytes that ImageMagick's hexadecimal "\nexif\n    123\n4578..." means.
static std::string unhex(std::string_view profile) {
  for (int line = 0; line < 3; ++line) {
    size_t end = profile.find('\n');
    if (end == profile.npos)
      return {};
    profile.remove_prefix(end + 1);
  }
  std::string result;
  int pending = -1; // the high half of a byte
  for (char c : profile) {
    if (isSpace(uint8_t(c)))
      continue;
    constexpr std::string_view digits = "0123456789abcdef";
    size_t digit = digits.find(char(c | 0x20)); // lower case; digits stay
    if (digit == digits.npos)
      return {};
    if (pending >= 0)
      result += char(pending << 4 | int(digit));
    pending = pending >= 0 ? -1 : int(digit);
  }
  return result;
}

int cvt::image::pngOrientation(Bytes file) {
  // The last chunk of each kind counts; only that is decompressed.
  Bytes exif;
  TextChunk rawProfile{"tEXt", {}}, xmp{"tEXt", {}};
  size_t at = 8;
  while (has(file, at, 8)) {
    size_t length = be32(file, at);
    std::string_view type = text(file.subspan(at + 4, 4));
    if (type == "IEND" || !has(file, at + 8, length))
      break;
    Bytes chunk = file.subspan(at + 8, length);
    if (type == "eXIf")
      exif = chunk;
    else if (type == "tEXt" || type == "zTXt")
      rawProfile =
          textChunk(type, chunk, "Raw profile type exif").value_or(rawProfile);
    else if (type == "iTXt")
      xmp = textChunk(type, chunk, "XML:com.adobe.xmp").value_or(xmp);
    at += 12 + length;
  }
  std::string profile, packet = textOf(xmp);
  if (exif.empty()) {
    profile = unhex(textOf(rawProfile));
    exif = asBytes(profile);
  }
  return findOrientation(exif, asBytes(packet));
}
