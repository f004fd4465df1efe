//===- bytes.h - Numbers in the bytes of a file ---------------------------===//
//
// Every read names the span it must stay inside; `has` is the bounds check, and
// callers make it first.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_BYTES_H
#define CVT_RUNTIME_IMAGE_BYTES_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace cvt::image {

using Bytes = std::span<const std::byte>;

/// Whether `count` bytes from `offset` on lie inside `bytes`.
inline bool has(Bytes bytes, size_t offset, size_t count) {
  return offset <= bytes.size() && count <= bytes.size() - offset;
}

inline const uint8_t *data(Bytes bytes) {
  return reinterpret_cast<const uint8_t *>(bytes.data());
}

/// The bytes as characters.
inline std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

inline bool startsWith(Bytes bytes, std::string_view prefix) {
  return text(bytes).starts_with(prefix);
}

/// What ends a word in a PNM header.
inline bool isSpace(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline uint32_t le16(Bytes bytes, size_t offset) {
  assert(has(bytes, offset, 2));
  const uint8_t *p = data(bytes) + offset;
  return uint32_t(p[0]) | uint32_t(p[1]) << 8;
}

inline uint32_t be16(Bytes bytes, size_t offset) {
  assert(has(bytes, offset, 2));
  const uint8_t *p = data(bytes) + offset;
  return uint32_t(p[0]) << 8 | uint32_t(p[1]);
}

inline uint32_t le32(Bytes bytes, size_t offset) {
  return le16(bytes, offset) | le16(bytes, offset + 2) << 16;
}

inline uint32_t be32(Bytes bytes, size_t offset) {
  return be16(bytes, offset) << 16 | be16(bytes, offset + 2);
}

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_BYTES_H
