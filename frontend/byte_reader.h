//===- byte_reader.h - Little-endian values out of untrusted bytes --------===//
//
// Nothing is read behind the end: a read that does not fit changes nothing and
// returns false.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_BYTE_READER_H
#define CVT_FRONTEND_BYTE_READER_H

#include <concepts>
#include <cstdint>
#include <string_view>

namespace cvt {

class ByteReader {
public:
  /// The bytes must outlive the reader and what it hands out.
  explicit ByteReader(std::string_view bytes) : bytes(bytes) {}

  uint64_t position() const { return at; }
  bool atEnd() const { return at == bytes.size(); }

  /// The next `count` bytes.
  bool read(uint64_t count, std::string_view &value) {
    if (count > bytes.size() - at)
      return false;
    value = bytes.substr(at, count);
    at += count;
    return true;
  }

  bool skip(uint64_t count) {
    std::string_view skipped;
    return read(count, skipped);
  }

  /// The next integer, lowest byte first.
  template <std::unsigned_integral T> bool read(T &value) {
    std::string_view raw;
    if (!read(sizeof(T), raw))
      return false;
    uint64_t sum = 0;
    for (size_t i = 0; i != sizeof(T); ++i)
      sum |= uint64_t(static_cast<unsigned char>(raw[i])) << (8 * i);
    value = static_cast<T>(sum);
    return true;
  }

private:
  std::string_view bytes;
  uint64_t at = 0;
};

} // namespace cvt

#endif // CVT_FRONTEND_BYTE_READER_H
