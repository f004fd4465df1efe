//===- writer.cpp - Writes model.cvt --------------------------------------===//
//
// The weights pass through once, from their producer to the file, and are
// digested on the way.  The code, and what shares its last megabyte, waits in
// memory: its note takes the digests of everything else.
//
//===----------------------------------------------------------------------===//

#include "compiler/artifact/writer.h"

#include "compiler/artifact/note.h"
#include "compiler/artifact/whole_file.h"
#include "runtime/include/cvt/abi.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/xxhash.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

using namespace llvm;

namespace cvt::artifact {

static constexpr uint64_t chunkBytes = CVT_DIGEST_CHUNK_BYTES;

static Error writeAt(StringRef path, int fd, ArrayRef<uint8_t> bytes,
                     uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return failedWrite(path, errnoAsErrorCode());
    bytes = bytes.drop_front(written);
    offset += written;
  }
  return Error::success();
}

static void appendDigest(std::string &digests, ArrayRef<uint8_t> chunk) {
  XXH128_hash_t hash = xxh3_128bits(chunk);
  for (uint64_t half : {hash.high64, hash.low64})
    for (int shift = 56; shift >= 0; shift -= 8)
      digests.push_back(static_cast<char>(half >> shift));
}

static ArrayRef<uint8_t> asBytes(StringRef text) {
  return ArrayRef<uint8_t>(text.bytes_begin(), text.size());
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

namespace {
/// The linked code with its note, still without digests, and where the parts
/// of the file lie.
struct Layout {
  std::string code;
  uint64_t descriptorOffset = 0;
  cvt_manifest_header header = {};

  uint64_t digestsOffset() const {
    return descriptorOffset + sizeof(header) + header.json_bytes;
  }
};
} // namespace

/// Digests that suffice for the file, whatever the linker makes of the objects:
/// code does not grow in the link but for headers and alignment.
static Expected<uint64_t> boundDigestCount(const ArtifactContents &contents,
                                           uint64_t jsonBytes) {
  constexpr uint64_t linkerSlack = 1 << 20;
  constexpr uint64_t maxWeightsBytes = uint64_t(1) << 46;
  uint64_t bytes = linkerSlack + jsonBytes;
  for (const Object &object : contents.objects)
    bytes += object.bytes.size();
  if (contents.weightsBytes > maxWeightsBytes)
    return createStringError("%llu bytes of weights are more than a file holds",
                             (unsigned long long)contents.weightsBytes);
  bytes += contents.weightsBytes;
  // The digests themselves are a 65536th of what they cover.
  return divideCeil(bytes + bytes / 32768, chunkBytes) + 1;
}

static Expected<Layout> layOut(const ArtifactContents &contents,
                               std::string json) {
  auto digestBound = boundDigestCount(contents, json.size());
  if (!digestBound)
    return digestBound.takeError();
  json.resize(alignTo(json.size(), 8), ' ');
  const uint64_t descriptorBytes = sizeof(cvt_manifest_header) + json.size() +
                                   *digestBound * CVT_DIGEST_BYTES;
  std::string note = makeNoteObject(descriptorBytes);
  std::vector<Object> objects(contents.objects);
  objects.push_back({"note", note});

  Layout layout;
  auto code = linkSharedObject(objects);
  if (!code)
    return code.takeError();
  layout.code = std::move(*code);
  auto descriptorOffset = findNoteDescriptor(layout.code);
  if (!descriptorOffset)
    return descriptorOffset.takeError();
  layout.descriptorOffset = *descriptorOffset;

  cvt_manifest_header &header = layout.header;
  std::memcpy(header.magic, CVT_MAGIC, sizeof(header.magic));
  header.format_version = CVT_FORMAT_VERSION;
  header.abi_version = CVT_ABI_VERSION;
  header.code_bytes = layout.code.size();
  header.weights_offset = alignTo(header.code_bytes, CVT_PAGE_BYTES);
  header.weights_bytes = contents.weightsBytes;
  header.file_bytes = header.weights_offset + header.weights_bytes;
  header.digest_count = divideCeil(header.file_bytes, chunkBytes);
  if (header.digest_count > *digestBound)
    return createStringError("the linked code is larger than its objects");
  // The room of digests that turned out not to be needed goes to the JSON.
  json.append((*digestBound - header.digest_count) * CVT_DIGEST_BYTES, ' ');
  header.json_bytes = json.size();

  layout.code.resize(header.weights_offset, '\0');
  std::memcpy(layout.code.data() + layout.descriptorOffset + sizeof(header),
              json.data(), json.size());
  return layout;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// Collects weights into chunks; all but those of the head go to the file as
/// soon as they are full.
class FileSink final : public WeightsSink {
public:
  /// `head`: the file up to the weights; takes the weights that share its last
  /// chunk.
  FileSink(StringRef path, int fd, uint64_t weightsBytes, std::string &head)
      : path(path), fd(fd), weightsBytes(weightsBytes), head(head),
        headBytes(alignTo(head.size(), chunkBytes)), fileOffset(headBytes) {
    head.reserve(headBytes);
  }

  Error append(ArrayRef<uint8_t> bytes) override {
    if (bytes.size() > weightsBytes - written)
      return createStringError("%s: more weights than the %llu bytes that were "
                               "announced",
                               path.str().c_str(),
                               (unsigned long long)weightsBytes);
    written += bytes.size();
    sha256.update(bytes);
    while (!bytes.empty()) {
      std::string &target = head.size() < headBytes ? head : chunk;
      const uint64_t capacity = &target == &head ? headBytes : chunkBytes;
      ArrayRef<uint8_t> piece = bytes.take_front(capacity - target.size());
      target.append(reinterpret_cast<const char *>(piece.data()), piece.size());
      bytes = bytes.drop_front(piece.size());
      if (chunk.size() == chunkBytes)
        if (Error error = flush())
          return error;
    }
    return Error::success();
  }

  Error padTo(uint64_t offset) override {
    static constexpr uint8_t zeros[4096] = {};
    if (offset < written)
      return createStringError("%s: cannot pad weights backwards",
                               path.str().c_str());
    while (written < offset)
      if (Error error = append(ArrayRef<uint8_t>(zeros).take_front(
              std::min<uint64_t>(sizeof(zeros), offset - written))))
        return error;
    return Error::success();
  }

  uint64_t offset() const override { return written; }

  /// Writes what is left.
  Error finish() {
    if (written != weightsBytes)
      return createStringError(
          "%s: %llu bytes of weights instead of the %llu that were announced",
          path.str().c_str(), (unsigned long long)written,
          (unsigned long long)weightsBytes);
    return chunk.empty() ? Error::success() : flush();
  }

  std::array<uint8_t, 32> takeSha256() { return sha256.final(); }

  /// Digests of the chunks behind the head.
  const std::string &digests() const { return chunkDigests; }

private:
  Error flush() {
    appendDigest(chunkDigests, asBytes(chunk));
    Error error = writeAt(path, fd, asBytes(chunk), fileOffset);
    fileOffset += chunk.size();
    chunk.clear();
    return error;
  }

  StringRef path;
  int fd;
  uint64_t weightsBytes;
  std::string &head;
  uint64_t headBytes;
  uint64_t fileOffset;
  uint64_t written = 0;
  std::string chunk;
  std::string chunkDigests;
  SHA256 sha256;
};
} // namespace

//===----------------------------------------------------------------------===//
// File
//===----------------------------------------------------------------------===//

/// Completes the note in `head`, the file's chunks that hold code.
static void fillNote(Layout &layout, std::string &head, FileSink &sink) {
  cvt_manifest_header &header = layout.header;
  auto putHeader = [&] {
    std::memcpy(head.data() + layout.descriptorOffset, &header, sizeof(header));
  };
  std::array<uint8_t, 32> weightsSha256 = sink.takeSha256();
  std::memcpy(header.weights_sha256, weightsSha256.data(), 32);
  putHeader();
  std::array<uint8_t, 32> codeSha256 =
      SHA256::hash(asBytes(head).take_front(header.weights_offset));
  std::memcpy(header.code_sha256, codeSha256.data(), 32);
  putHeader();

  std::string digests;
  for (ArrayRef<uint8_t> rest = asBytes(head); !rest.empty();) {
    ArrayRef<uint8_t> chunk = rest.take_front(chunkBytes);
    appendDigest(digests, chunk);
    rest = rest.drop_front(chunk.size());
  }
  digests += sink.digests();
  std::memcpy(head.data() + layout.digestsOffset(), digests.data(),
              digests.size());
}

static Error writeFile(StringRef path, int fd, Layout &layout,
                       const ArtifactContents &contents) {
  std::string head = std::move(layout.code);
  FileSink sink(path, fd, contents.weightsBytes, head);
  if (contents.writeWeights)
    if (Error error = contents.writeWeights(sink))
      return error;
  if (Error error = sink.finish())
    return error;
  fillNote(layout, head, sink);
  if (Error error = writeAt(path, fd, asBytes(head), 0))
    return error;
  if (::fsync(fd) != 0)
    return failedWrite(path, errnoAsErrorCode());
  return Error::success();
}

Error writeArtifact(StringRef path, ArtifactContents contents) {
  return writeWholeFile(path, [&](int fd) -> Error {
    auto layout =
        layOut(contents,
               formatv("{0}", json::Value(std::move(contents.manifest))).str());
    if (!layout)
      return layout.takeError();
    return writeFile(path, fd, *layout, contents);
  });
}

} // namespace cvt::artifact
