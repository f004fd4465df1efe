//===- digest.h - Fast check of every byte of a file ----------------------===//
//
// XXH3-128 of each megabyte, on several threads: reading an artifact once costs
// little more than mapping it.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_DIGEST_H
#define CVT_RUNTIME_DIGEST_H

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace cvt {

/// The bytes of an artifact: a file of which the range of the digests is taken
/// as zero.
struct DigestedFile {
  /// The code as it was copied, and what follows it in the file.
  std::span<const uint8_t> code, rest;
  /// Where in `code` the digests lie.
  uint64_t digestsOffset, digestsBytes;
};

using Digest = std::array<uint8_t, 16>;

/// The digest of chunk `index` of the file.  Thread-safe.
Digest digestChunk(const DigestedFile &file, uint64_t index);

/// Compares all of the file with the digests in its note, whose number matches
/// the file's size.  Returns the first megabyte that differs, or nothing.
/// Uses up to `threads` threads, the caller's included.
std::optional<uint64_t> findDamage(const DigestedFile &file, unsigned threads);

} // namespace cvt

#endif // CVT_RUNTIME_DIGEST_H
