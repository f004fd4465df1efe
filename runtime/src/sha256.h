//===- sha256.h - SHA-256 -------------------------------------------------===//
//
// FIPS 180-4, for the identity check that a user asks for; the runtime has no
// cryptographic library to lean on.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_SHA256_H
#define CVT_RUNTIME_SHA256_H

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace cvt {

class Sha256 {
public:
  using Value = std::array<uint8_t, 32>;

  void update(std::span<const uint8_t> bytes);

  /// The hash of all bytes so far; nothing may be added after it.
  Value finish();

private:
  void compress(const uint8_t *block);

  std::array<uint32_t, 8> state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                   0xa54ff53a, 0x510e527f, 0x9b05688c,
                                   0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending;
  uint64_t total = 0;
};

/// Lower-case hexadecimal.
std::string toHex(std::span<const uint8_t> bytes);

} // namespace cvt

#endif // CVT_RUNTIME_SHA256_H
