//===- test_artifact.cpp - Artifacts made without the compiler ------------===//
//
// The layout of abi.h, written down a second time: a mistake that compiler and
// runtime shared would not go unnoticed.
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/test_artifact.h"

#include "runtime/include/cvt/abi.h"
#include "runtime/src/elf_check.h"
#include "runtime/src/sha256.h"

#include <gtest/gtest.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

namespace cvt::test {

std::string loadProgram(const std::string &name) {
  std::ifstream stream(CVT_TEST_PROGRAMS "/" + name + ".so", std::ios::binary);
  EXPECT_TRUE(stream) << name;
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

nlohmann::json makeManifest() {
  return nlohmann::json::parse(R"({
    "compiler": "test",
    "model": {"architecture": "CvtModel", "activation": "gelu",
              "source_sha256": "00", "config": {}},
    "precision": "f32",
    "max_batch": 4,
    "input": {"name": "pixel_values", "shape": [-1, 3, 4, 4]},
    "outputs": [{"name": "logits", "shape": [-1, 2]},
                {"name": "hidden", "shape": [-1, 3]}],
    "labels": ["cat", "dog"],
    "problem_type": null,
    "image_processor": {
      "do_resize": true, "size": 4, "crop_pct": 1.0, "resample": 3,
      "do_rescale": true, "rescale_factor": 0.00392156862745098,
      "do_normalize": true, "image_mean": [0.5, 0.5, 0.5],
      "image_std": [0.25, 0.5, 0.5]},
    "arena_bytes_per_image": 128,
    "scratch_bytes_per_thread": 4096,
    "flops_per_image": 100,
    "targets": [{"name": "plain", "cpu_features": [],
                 "kernels": [{"name": "sum", "calls": 1,
                              "flops_per_image": 100,
                              "bytes_per_image": 200}]}]})");
}

std::string makeWeights(size_t bytes) {
  const float values[2] = {0.5f, 3};
  std::string weights(bytes, '\0');
  std::memcpy(weights.data(), values, std::min(bytes, sizeof(values)));
  return weights;
}

static std::span<const uint8_t> asBytes(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

size_t findDescriptor(const std::string &artifact) {
  ByteRange note;
  Refusal refusal = findNote(asBytes(artifact), note);
  EXPECT_FALSE(refusal) << *refusal;
  return note.offset;
}

static void putSha256(uint8_t (&out)[32], const std::string &bytes) {
  Sha256 hash;
  hash.update(asBytes(bytes));
  const Sha256::Value value = hash.finish();
  std::memcpy(out, value.data(), sizeof(out));
}

void updateDigests(std::string &artifact) {
  const size_t descriptor = findDescriptor(artifact);
  cvt_manifest_header header;
  std::memcpy(&header, &artifact[descriptor], sizeof(header));
  char *digests = &artifact[descriptor + sizeof(header) + header.json_bytes];
  std::memset(digests, 0, header.digest_count * CVT_DIGEST_BYTES);
  std::string all;
  for (size_t at = 0; at < artifact.size(); at += CVT_DIGEST_CHUNK_BYTES) {
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(
        &digest,
        XXH3_128bits(&artifact[at], std::min<size_t>(CVT_DIGEST_CHUNK_BYTES,
                                                     artifact.size() - at)));
    all.append(reinterpret_cast<const char *>(digest.digest),
               sizeof(digest.digest));
  }
  std::memcpy(digests, all.data(), all.size());
}

std::string makeArtifact(const std::string &program,
                         const std::string &manifest,
                         const std::string &weights) {
  std::string artifact = program;
  ByteRange note;
  Refusal refusal = findNote(asBytes(artifact), note);
  EXPECT_FALSE(refusal) << *refusal;

  cvt_manifest_header header = {};
  std::memcpy(header.magic, CVT_MAGIC, sizeof(header.magic));
  header.format_version = CVT_FORMAT_VERSION;
  header.abi_version = CVT_ABI_VERSION;
  header.code_bytes = program.size();
  header.weights_offset =
      (program.size() + CVT_PAGE_BYTES - 1) / CVT_PAGE_BYTES * CVT_PAGE_BYTES;
  header.weights_bytes = weights.size();
  header.file_bytes = header.weights_offset + weights.size();
  header.digest_count =
      (header.file_bytes + CVT_DIGEST_CHUNK_BYTES - 1) / CVT_DIGEST_CHUNK_BYTES;
  header.json_bytes =
      note.bytes - sizeof(header) - header.digest_count * CVT_DIGEST_BYTES;
  std::string json = manifest;
  EXPECT_LE(json.size(), header.json_bytes) << "TEST_NOTE_BYTES is too small";
  json.resize(header.json_bytes, ' ');

  putSha256(header.weights_sha256, weights);
  artifact.resize(header.weights_offset, '\0');
  std::memcpy(&artifact[note.offset], &header, sizeof(header));
  std::memcpy(&artifact[note.offset + sizeof(header)], json.data(),
              json.size());
  putSha256(header.code_sha256, artifact);
  std::memcpy(&artifact[note.offset], &header, sizeof(header));
  artifact += weights;
  updateDigests(artifact);
  return artifact;
}

std::string makeGoodArtifact() {
  return makeArtifact(loadProgram("good"), makeManifest().dump(),
                      makeWeights());
}

TestFile::TestFile(const std::string &content) {
  static int count = 0;
  name = testing::TempDir() + "cvt-runtime-test-" + std::to_string(getpid()) +
         "-" + std::to_string(count++) + ".cvt";
  std::ofstream stream(name, std::ios::binary);
  stream << content;
  EXPECT_TRUE(stream.flush()) << name;
}

TestFile::~TestFile() { std::remove(name.c_str()); }

ModelPtr openModel(const std::string &path) {
  cvt_model *model = nullptr;
  Status status(cvt_model_open(path.c_str(), nullptr, &model));
  EXPECT_FALSE(status) << status->message;
  return ModelPtr(model);
}

SessionPtr openSession(const cvt_model *model, int threads) {
  cvt_session_options options = {sizeof(options), threads, 0};
  cvt_session *session = nullptr;
  Status status(cvt_session_create(model, &options, &session));
  EXPECT_FALSE(status) << status->message;
  return SessionPtr(session);
}

namespace {
/// The file that code of test programs writes to when it runs.
class Marker {
public:
  Marker() {
    int file = ::memfd_create("marker", 0);
    ::dup2(file, number);
    ::close(file);
  }
  ~Marker() { ::close(number); }
  bool left() const { return ::lseek(number, 0, SEEK_END) != 0; }

private:
  static constexpr int number = 777;
};
} // namespace

Outcome tryOpen(const std::string &content, bool verifySha256) {
  TestFile file(content);
  Marker marker;
  cvt_open_options options = {sizeof(options), verifySha256};
  cvt_model *model = nullptr;
  Status status(cvt_model_open(file.path().c_str(), &options, &model));
  cvt_model_destroy(model);
  EXPECT_EQ(marker.left(), !status) << "code ran before it was checked";
  if (!status)
    return {0, ""};
  std::string message = status->message;
  EXPECT_EQ(message.rfind(file.path() + ": ", 0), 0u) << message;
  message.erase(0, file.path().size() + 2);
  EXPECT_EQ(message.find('\n'), std::string::npos);
  return {status->code, message};
}

std::vector<float> makeImage(float first) {
  std::vector<float> image(3 * 4 * 4, 1);
  image[0] = first;
  return image;
}

} // namespace cvt::test
