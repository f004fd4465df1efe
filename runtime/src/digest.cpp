//===- digest.cpp - Fast check of every byte of a file --------------------===//
//
// Threads claim megabytes one by one.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/digest.h"

#include "runtime/include/cvt/abi.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

namespace cvt {

namespace {
/// Digests the part of a byte string that lies in a window of it.
class WindowDigest {
public:
  WindowDigest(uint64_t begin, uint64_t end) : begin(begin), end(end) {
    XXH3_128bits_reset(&state);
  }

  /// The next piece of the whole, in order.
  void add(std::span<const uint8_t> piece) {
    if (auto visible = clip(piece.size()); visible.second != 0)
      XXH3_128bits_update(&state, piece.data() + visible.first, visible.second);
    position += piece.size();
  }

  void addZeros(uint64_t count) {
    static constexpr uint8_t zeros[4096] = {};
    auto visible = clip(count);
    while (visible.second != 0) {
      uint64_t step = std::min<uint64_t>(visible.second, sizeof(zeros));
      XXH3_128bits_update(&state, zeros, step);
      visible.second -= step;
    }
    position += count;
  }

  Digest finish() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
    Digest digest;
    std::memcpy(digest.data(), canonical.digest, digest.size());
    return digest;
  }

private:
  /// Offset and size of what is visible of the next `size` bytes.
  std::pair<uint64_t, uint64_t> clip(uint64_t size) const {
    const uint64_t from = std::clamp(position, begin, end);
    const uint64_t to = std::clamp(position + size, begin, end);
    return {from - position, to - from};
  }

  uint64_t begin, end;
  uint64_t position = 0;
  XXH3_state_t state;
};
} // namespace

Digest digestChunk(const DigestedFile &file, uint64_t index) {
  const uint64_t total = file.code.size() + file.rest.size();
  const uint64_t begin = index * CVT_DIGEST_CHUNK_BYTES;
  const uint64_t end = std::min(begin + CVT_DIGEST_CHUNK_BYTES, total);
  WindowDigest digest(begin, end);
  digest.add(file.code.first(file.digestsOffset));
  digest.addZeros(file.digestsBytes);
  digest.add(file.code.subspan(file.digestsOffset + file.digestsBytes));
  digest.add(file.rest);
  return digest.finish();
}

std::optional<uint64_t> findDamage(const DigestedFile &file, unsigned threads) {
  const uint64_t chunks = file.digestsBytes / CVT_DIGEST_BYTES;
  const uint8_t *expected = file.code.data() + file.digestsOffset;
  std::atomic<uint64_t> next{0};
  std::atomic<uint64_t> firstDamaged{chunks};
  auto work = [&] {
    for (uint64_t i; (i = next.fetch_add(1)) < chunks;) {
      const Digest digest = digestChunk(file, i);
      if (std::memcmp(digest.data(), expected + i * CVT_DIGEST_BYTES,
                      CVT_DIGEST_BYTES) == 0)
        continue;
      uint64_t seen = firstDamaged.load();
      while (i < seen && !firstDamaged.compare_exchange_weak(seen, i)) {
      }
    }
  };
  // A thread pays for itself after some megabytes.
  constexpr uint64_t chunksPerThread = 8;
  std::vector<std::jthread> helpers;
  try {
    while (helpers.size() + 1 < threads &&
           (helpers.size() + 1) * chunksPerThread < chunks)
      helpers.emplace_back(work);
  } catch (const std::system_error &) {
    // Fewer threads do as well.
  }
  work();
  helpers.clear();
  if (firstDamaged == chunks)
    return std::nullopt;
  return firstDamaged;
}

} // namespace cvt
