//===- parts_test.cpp - Digests, CPU features, scratch memory -------------===//
//
// The small parts of the runtime, each against values from elsewhere.
//
//===----------------------------------------------------------------------===//

#include "runtime/include/cvt/abi.h"
#include "runtime/src/cpu_features.h"
#include "runtime/src/digest.h"
#include "runtime/src/scratch.h"
#include "runtime/src/sha256.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

using namespace cvt;

static std::span<const uint8_t> asBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

static std::string sha256(std::string_view text, size_t piece) {
  Sha256 hash;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    hash.update(asBytes(text.substr(0, piece)));
  return toHex(hash.finish());
}

TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256("", 1),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc", 3),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // FIPS 180-4's example of a million letters, in pieces of all kinds.
  const std::string million(1000000, 'a');
  for (size_t piece : {1, 63, 64, 65, 1000, 1000000})
    EXPECT_EQ(
        sha256(million, piece),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, KnownValue) {
  // XXH3-128 of no bytes and of three, as xxhsum -H2 prints them.
  const DigestedFile empty{{}, {}, 0, 0};
  EXPECT_EQ(toHex(digestChunk(empty, 0)), "99aa06d3014798d86001c324468d497f");
  const DigestedFile abc{asBytes("abc"), {}, 3, 0};
  EXPECT_EQ(toHex(digestChunk(abc, 0)), "06b05ab6733a618578af5f94892f3950");
}

TEST(Digest, PiecesAndZeros) {
  // However a file is cut, and whatever its digests hold, the value is that of
  // the file with zeros in their place.
  std::vector<uint8_t> file(3 * CVT_DIGEST_CHUNK_BYTES + 17);
  for (size_t i = 0; i < file.size(); ++i)
    file[i] = static_cast<uint8_t>(i * i >> 7);
  const size_t digests = CVT_DIGEST_CHUNK_BYTES - 30, digestsBytes = 64;
  std::memset(&file[digests], 0, digestsBytes);
  const DigestedFile whole{file, {}, 0, 0};
  std::vector<uint8_t> stored = file;
  std::memset(&stored[digests], 0xab, digestsBytes);
  const std::span<const uint8_t> bytes = stored;
  for (size_t cut : {size_t(2) << 20, size_t(2500000), stored.size()}) {
    const DigestedFile pieces{bytes.first(cut), bytes.subspan(cut), digests,
                              digestsBytes};
    for (uint64_t chunk = 0; chunk < 4; ++chunk)
      EXPECT_EQ(digestChunk(pieces, chunk), digestChunk(whole, chunk))
          << cut << " " << chunk;
  }
}

TEST(CpuFeatures, KnownAndUnknown) {
  // As the compiler's own library sees this machine.
  EXPECT_EQ(cpuHasFeature("sse4.2"), !!__builtin_cpu_supports("sse4.2"));
  EXPECT_EQ(cpuHasFeature("popcnt"), !!__builtin_cpu_supports("popcnt"));
  EXPECT_EQ(cpuHasFeature("avx"), !!__builtin_cpu_supports("avx"));
  EXPECT_EQ(cpuHasFeature("avx2"), !!__builtin_cpu_supports("avx2"));
  EXPECT_EQ(cpuHasFeature("fma"), !!__builtin_cpu_supports("fma"));
  EXPECT_EQ(cpuHasFeature("f16c"), !!__builtin_cpu_supports("f16c"));
  EXPECT_EQ(cpuHasFeature("bmi"), !!__builtin_cpu_supports("bmi"));
  EXPECT_EQ(cpuHasFeature("bmi2"), !!__builtin_cpu_supports("bmi2"));
  EXPECT_EQ(cpuHasFeature("lzcnt"), !!__builtin_cpu_supports("lzcnt"));
  EXPECT_EQ(cpuHasFeature("movbe"), !!__builtin_cpu_supports("movbe"));
  EXPECT_EQ(cpuHasFeature("avx512f"), !!__builtin_cpu_supports("avx512f"));
  EXPECT_EQ(cpuHasFeature("avx512cd"), !!__builtin_cpu_supports("avx512cd"));
  EXPECT_EQ(cpuHasFeature("avx512bw"), !!__builtin_cpu_supports("avx512bw"));
  EXPECT_EQ(cpuHasFeature("avx512dq"), !!__builtin_cpu_supports("avx512dq"));
  EXPECT_EQ(cpuHasFeature("avx512vl"), !!__builtin_cpu_supports("avx512vl"));
  EXPECT_EQ(cpuHasFeature("avx512ifma"),
            !!__builtin_cpu_supports("avx512ifma"));
  EXPECT_EQ(cpuHasFeature("avx512vbmi"),
            !!__builtin_cpu_supports("avx512vbmi"));
  EXPECT_EQ(cpuHasFeature("avx512vbmi2"),
            !!__builtin_cpu_supports("avx512vbmi2"));
  EXPECT_EQ(cpuHasFeature("avx512vnni"),
            !!__builtin_cpu_supports("avx512vnni"));
  EXPECT_EQ(cpuHasFeature("avx512bitalg"),
            !!__builtin_cpu_supports("avx512bitalg"));
  EXPECT_EQ(cpuHasFeature("avx512vpopcntdq"),
            !!__builtin_cpu_supports("avx512vpopcntdq"));
  EXPECT_EQ(cpuHasFeature("avx512bf16"),
            !!__builtin_cpu_supports("avx512bf16"));
  EXPECT_EQ(cpuHasFeature("gfni"), !!__builtin_cpu_supports("gfni"));
  EXPECT_EQ(cpuHasFeature("vpclmulqdq"),
            !!__builtin_cpu_supports("vpclmulqdq"));
  EXPECT_FALSE(cpuHasFeature("avx4096"));
  EXPECT_FALSE(cpuHasFeature(""));
}

TEST(Scratch, Limits) {
  alignas(CVT_BUFFER_ALIGNMENT) static uint8_t memory[1024];
  ScratchStack stack(memory);
  EXPECT_EQ(stack.allocate(1024), nullptr);
  EXPECT_EQ(stack.allocate(UINT64_MAX), nullptr);
  EXPECT_EQ(stack.allocate(UINT64_MAX - 127), nullptr);
  void *all = stack.allocate(1024 - 128);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(all) % CVT_BUFFER_ALIGNMENT, 0u);
  EXPECT_EQ(stack.allocate(0), nullptr);
  stack.free(all);
  EXPECT_NE(stack.allocate(0), nullptr);
}

TEST(Scratch, AnyOrder) {
  alignas(CVT_BUFFER_ALIGNMENT) static uint8_t memory[4 * 256];
  ScratchStack stack(memory);
  void *blocks[4];
  for (void *&block : blocks)
    block = stack.allocate(128);
  ASSERT_NE(blocks[3], nullptr);
  stack.free(blocks[1]);
  EXPECT_EQ(stack.allocate(1), nullptr) << "something newer is in use";
  stack.free(blocks[3]);
  EXPECT_EQ(stack.allocate(128), blocks[3]);
  stack.free(blocks[3]);
  stack.free(blocks[2]);
  EXPECT_EQ(stack.allocate(128), blocks[1]) << "two at once came back";
}
