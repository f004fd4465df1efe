//===- artifact_fuzzer.cpp - What is checked before code is loaded --------===//
//
// Everything that looks at an artifact before its digests vouch for it.  The
// first byte says what the rest is: 'f', a file; 'm', a manifest; else patches
// of a good artifact, four bytes each, which get behind the first checks.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/digest.h"
#include "runtime/src/manifest.h"
#include "test/unit/runtime/test_artifact.h"

#include <cstdlib>
#include <cstring>

using namespace cvt;

/// As cvt_model::open does it, but without the system's loader.
static void verify(std::span<const uint8_t> file) {
  ByteRange note;
  if (findNote(file, note))
    return;
  auto descriptor = file.subspan(note.offset, note.bytes);
  cvt_manifest_header header;
  if (readHeader(descriptor, file.size(), header) ||
      header.code_bytes < note.offset + note.bytes)
    return;
  (void)checkElf(file.first(header.code_bytes));
  const DigestedFile digested{file.first(header.weights_offset),
                              file.subspan(header.weights_offset),
                              note.offset + sizeof(header) + header.json_bytes,
                              header.digest_count * CVT_DIGEST_BYTES};
  (void)findDamage(digested, /*threads=*/1);
  Manifest manifest;
  (void)readManifest(descriptor, header, manifest);
}

static void verifyManifest(std::span<const uint8_t> json) {
  cvt_manifest_header header = {};
  header.json_bytes = json.size();
  std::vector<uint8_t> descriptor(sizeof(header));
  descriptor.insert(descriptor.end(), json.begin(), json.end());
  Manifest manifest;
  if (readManifest(descriptor, header, manifest))
    return;
  // What was accepted keeps its promises.
  if (manifest.input.shape.size() != 4 || manifest.outputs.empty() ||
      manifest.maxBatch < 1 || manifest.targets.empty() ||
      manifest.arenaBytesPerImage > UINT64_MAX / manifest.maxBatch)
    std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  const std::span<const uint8_t> rest(data + 1, size - 1);
  if (data[0] == 'f') {
    verify(rest);
  } else if (data[0] == 'm') {
    verifyManifest(rest);
  } else {
    static const std::string good = test::makeGoodArtifact();
    std::vector<uint8_t> patched(good.begin(), good.end());
    for (size_t i = 0; i + 4 <= rest.size(); i += 4) {
      const size_t place = rest[i] | rest[i + 1] << 8 | rest[i + 2] << 16;
      patched[place % patched.size()] = rest[i + 3];
    }
    verify(patched);
  }
  return 0;
}
