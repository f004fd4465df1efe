//===- pnm.cpp - Binary PGM (P5) and PPM (P6) -----------------------------===//
//
// Samples of one byte, or of two where the header's largest value needs them,
// scaled as Pillow does it.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

using namespace cvt::image;

namespace {

struct PnmHeader {
  int64_t width = 0;
  int64_t height = 0;
  int64_t maxValue = 0;
  /// Where the samples start.
  size_t end = 0;
};

} // namespace

/// The next number of the header, which one white space ends; -1 if there is
/// none.  A `#` starts a comment, up to the end of the line.
static int64_t takeNumber(Bytes file, size_t &at) {
  constexpr int maxDigits = 10;
  int64_t value = 0;
  int digits = 0;
  while (at < file.size()) {
    uint8_t c = data(file)[at++];
    if (c == '#') {
      while (at < file.size() && data(file)[at] != '\n' &&
             data(file)[at] != '\r')
        ++at;
      at += at < file.size();
    } else if (isSpace(c)) {
      if (digits > 0)
        return value;
    } else if (c >= '0' && c <= '9' && digits < maxDigits) {
      value = value * 10 + (c - '0');
      ++digits;
    } else {
      return -1;
    }
  }
  return -1;
}

static Result<PnmHeader> readHeader(Bytes file) {
  PnmHeader header;
  header.end = 3;
  header.width = takeNumber(file, header.end);
  header.height = header.width < 0 ? -1 : takeNumber(file, header.end);
  header.maxValue = header.height < 0 ? -1 : takeNumber(file, header.end);
  if (header.maxValue < 0)
    return Error{"the PNM header is damaged, expected width, height and the "
                 "largest value"};
  if (header.maxValue < 1 || header.maxValue > 65535)
    return Error{"the PNM header gives " + std::to_string(header.maxValue) +
                 " as the largest value, expected 1 to 65535"};
  if (Status status = checkSize(header.width, header.height))
    return *status;
  return header;
}

/// What each sample value becomes.  Grey of more than a byte is scaled to 16
/// bits and clipped at 255, as 16-bit grey is in PNG.
static std::vector<uint8_t> sampleTable(bool grey, int64_t maxValue) {
  std::vector<uint8_t> table(maxValue < 256 ? 256 : 65536);
  double scale = grey && maxValue > 255 ? 65535 : 255;
  for (size_t i = 0; i < table.size(); ++i)
    table[i] = uint8_t(
        std::min(255.0, std::nearbyint(double(i) / double(maxValue) * scale)));
  return table;
}

Result<Decoded> cvt::image::decodePnm(Bytes file) {
  Result<PnmHeader> header = readHeader(file);
  if (!header)
    return Error{header.error()};
  bool grey = startsWith(file, "P5");
  size_t sampleBytes = header->maxValue < 256 ? 1 : 2;
  size_t count =
      size_t(header->width) * size_t(header->height) * (grey ? 1 : 3);
  if (!has(file, header->end, count * sampleBytes))
    return Error{"the PNM data ends early"};

  std::vector<uint8_t> table = sampleTable(grey, header->maxValue);
  Decoded result;
  result.image.width = int(header->width);
  result.image.height = int(header->height);
  result.image.pixels.resize(size_t(result.image.height) *
                             result.image.rowBytes());
  uint8_t *out = result.image.pixels.data();
  for (size_t i = 0; i < count; ++i) {
    size_t at = header->end + i * sampleBytes;
    uint8_t value = table[sampleBytes == 1 ? data(file)[at] : be16(file, at)];
    out = std::fill_n(out, grey ? 3 : 1, value);
  }
  return result;
}
