//===- model_test.cpp - Opening artifacts ---------------------------------===//
//
// Good artifacts open; anything else is refused with one sentence before any of
// its code runs.
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/test_artifact.h"

#include "runtime/include/cvt/abi.h"
#include "runtime/src/manifest.h"

#include <gtest/gtest.h>

#include <cstring>
#include <elf.h>
#include <random>

using namespace cvt::test;
using nlohmann::json;

static void expectRefused(const std::string &content, const std::string &text) {
  Outcome outcome = tryOpen(content);
  EXPECT_EQ(outcome.code, CVT_BAD_ARTIFACT) << outcome.message;
  EXPECT_NE(outcome.message.find(text), std::string::npos) << outcome.message;
}

TEST(Model, Describe) {
  TestFile file(makeGoodArtifact());
  ModelPtr model = openModel(file.path());
  ASSERT_TRUE(model);
  cvt_model_info info = {};
  info.struct_bytes = sizeof(info);
  ASSERT_EQ(cvt_model_describe(model.get(), &info), nullptr);
  EXPECT_STREQ(info.input.name, "pixel_values");
  ASSERT_EQ(info.input.rank, 4u);
  EXPECT_EQ(info.input.shape[0], -1);
  EXPECT_EQ(info.input.shape[3], 4);
  ASSERT_EQ(info.output_count, 2u);
  EXPECT_STREQ(info.outputs[1].name, "hidden");
  EXPECT_EQ(info.outputs[1].shape[1], 3);
  EXPECT_EQ(info.max_batch, 4);
  ASSERT_EQ(info.label_count, 2u);
  EXPECT_STREQ(info.labels[1], "dog");
  EXPECT_STREQ(info.problem_type, "");
  EXPECT_STREQ(info.precision, "f32");
  EXPECT_STREQ(info.target, "plain");
  EXPECT_EQ(info.takes_images, 1);
  EXPECT_EQ(info.weights_bytes, 8u);
  EXPECT_EQ(info.arena_bytes_per_image, 128u);
  EXPECT_EQ(info.flops_per_image, 100u);
  json manifest = json::parse(info.manifest_json);
  EXPECT_EQ(manifest["sha256"]["weights"].get<std::string>().size(), 64u);
}

TEST(Model, DescribeForOlderCaller) {
  TestFile file(makeGoodArtifact());
  ModelPtr model = openModel(file.path());
  ASSERT_TRUE(model);
  cvt_model_info info = {};
  info.struct_bytes = offsetof(cvt_model_info, output_count);
  info.output_count = 99;
  ASSERT_EQ(cvt_model_describe(model.get(), &info), nullptr);
  EXPECT_EQ(info.input.rank, 4u);
  EXPECT_EQ(info.output_count, 99u) << "wrote behind the caller's structure";
}

TEST(Model, VerifySha256) {
  std::string artifact = makeGoodArtifact();
  EXPECT_EQ(tryOpen(artifact, /*verifySha256=*/true).code, 0);
  const size_t header = findDescriptor(artifact);
  const size_t fields[] = {offsetof(cvt_manifest_header, code_sha256),
                           offsetof(cvt_manifest_header, weights_sha256)};
  for (size_t field : fields) {
    std::string wrong = artifact;
    wrong[header + field] ^= 1;
    updateDigests(wrong);
    EXPECT_EQ(tryOpen(wrong, /*verifySha256=*/false).code, 0);
    Outcome outcome = tryOpen(wrong, /*verifySha256=*/true);
    EXPECT_EQ(outcome.code, CVT_BAD_ARTIFACT);
    EXPECT_NE(outcome.message.find("SHA-256"), std::string::npos);
  }
}

TEST(Model, WeightsOfAnySize) {
  // Around the borders of pages and of digested megabytes.
  for (size_t bytes : {size_t(0), size_t(8), size_t(4096), size_t(1) << 20,
                       (size_t(1) << 20) - 24576, (size_t(9) << 20) + 5})
    EXPECT_EQ(tryOpen(makeArtifact(loadProgram("good"), makeManifest().dump(),
                                   makeWeights(bytes)),
                      /*verifySha256=*/true)
                  .code,
              0)
        << bytes;
}

TEST(Model, TwoModelsInTurns) {
  // The loader of the system tells libraries apart by name and file.
  json other = makeManifest();
  other["targets"].push_back(other["targets"][0]);
  TestFile first(makeGoodArtifact());
  TestFile second(
      makeArtifact(loadProgram("two_targets"), other.dump(), makeWeights()));
  for (int i = 0; i < 3; ++i) {
    ModelPtr a = openModel(first.path());
    ASSERT_TRUE(a);
    ModelPtr b = openModel(second.path());
    ASSERT_TRUE(b);
    a.reset();
    ModelPtr c = openModel(second.path());
    ASSERT_TRUE(c);
    b.reset();
    a = openModel(first.path());
    ASSERT_TRUE(a);
  }
}

//===----------------------------------------------------------------------===//
// Damage
//===----------------------------------------------------------------------===//

TEST(Damage, EveryBitOfTheHeaders) {
  const std::string artifact = makeGoodArtifact();
  const size_t manifest = findDescriptor(artifact);
  std::vector<std::pair<size_t, size_t>> ranges = {
      {0, sizeof(Elf64_Ehdr)},
      {manifest, manifest + sizeof(cvt_manifest_header)}};
  for (auto [begin, end] : ranges)
    for (size_t bit = begin * 8; bit < end * 8; ++bit) {
      std::string damaged = artifact;
      damaged[bit / 8] ^= 1 << bit % 8;
      EXPECT_EQ(tryOpen(damaged).code, CVT_BAD_ARTIFACT) << bit;
    }
}

TEST(Damage, AnyBit) {
  const std::string artifact = makeArtifact(
      loadProgram("good"), makeManifest().dump(), makeWeights(50000));
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = artifact;
    const size_t bit = random() % (artifact.size() * 8);
    damaged[bit / 8] ^= 1 << bit % 8;
    EXPECT_EQ(tryOpen(damaged).code, CVT_BAD_ARTIFACT) << bit;
  }
}

TEST(Damage, EveryLength) {
  const std::string artifact = makeGoodArtifact();
  size_t step = 1;
  for (size_t size = 0; size < artifact.size(); size += step) {
    if (size > sizeof(Elf64_Ehdr))
      step = 97;
    EXPECT_EQ(tryOpen(artifact.substr(0, size)).code, CVT_BAD_ARTIFACT) << size;
  }
  EXPECT_EQ(tryOpen(artifact.substr(0, artifact.size() - 1)).code,
            CVT_BAD_ARTIFACT);
  expectRefused(artifact + '\0', "was cut off or added to");
}

TEST(Damage, LastMegabyteOfMany) {
  std::string artifact = makeArtifact(
      loadProgram("good"), makeManifest().dump(), makeWeights(40 << 20));
  artifact[artifact.size() - 1] ^= 0x80;
  expectRefused(artifact, "are damaged");
}

//===----------------------------------------------------------------------===//
// Files that are something else
//===----------------------------------------------------------------------===//

TEST(NotAModel, Files) {
  expectRefused("", "it is empty");
  expectRefused("not a model, but a text that is longer than an ELF header....",
                "does not start with an ELF header");
  std::string plain = loadProgram("good");
  expectRefused(plain, "does not start with CVTMODEL");
}

TEST(NotAModel, Paths) {
  cvt_model *model = nullptr;
  cvt::Status status(cvt_model_open("/no/such/model.cvt", nullptr, &model));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_IO_ERROR);
  EXPECT_EQ(status->message,
            "/no/such/model.cvt: cannot open the file: No such file or "
            "directory");
  status.reset(cvt_model_open("/tmp", nullptr, &model));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->message, "/tmp: not a regular file");
  status.reset(cvt_model_open(nullptr, nullptr, &model));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_INVALID_ARGUMENT);
}

TEST(NotAModel, OtherVersions) {
  const size_t fields[] = {offsetof(cvt_manifest_header, format_version),
                           offsetof(cvt_manifest_header, abi_version)};
  for (size_t field : fields) {
    std::string artifact = makeGoodArtifact();
    artifact[findDescriptor(artifact) + field] = 99;
    updateDigests(artifact);
    expectRefused(artifact, "compile it again");
  }
}

TEST(NotAModel, ProgramOfAnotherManifest) {
  // Such code is loaded, because only running its query can tell.
  TestFile file(makeArtifact(loadProgram("two_targets"), makeManifest().dump(),
                             makeWeights()));
  cvt_model *model = nullptr;
  cvt::Status status(cvt_model_open(file.path().c_str(), nullptr, &model));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_BAD_ARTIFACT);
}

//===----------------------------------------------------------------------===//
// Header and manifest with correct digests
//===----------------------------------------------------------------------===//

TEST(Header, HostileSizes) {
  const std::string artifact = makeGoodArtifact();
  const size_t at = findDescriptor(artifact);
  const size_t fields[] = {offsetof(cvt_manifest_header, file_bytes),
                           offsetof(cvt_manifest_header, code_bytes),
                           offsetof(cvt_manifest_header, weights_offset),
                           offsetof(cvt_manifest_header, weights_bytes),
                           offsetof(cvt_manifest_header, json_bytes),
                           offsetof(cvt_manifest_header, digest_count)};
  const uint64_t values[] = {0,
                             1,
                             4096,
                             uint64_t(1) << 32,
                             (uint64_t(1) << 32) - 1,
                             uint64_t(1) << 63,
                             UINT64_MAX,
                             UINT64_MAX - 4095,
                             UINT64_MAX - artifact.size()};
  for (size_t field : fields)
    for (uint64_t value : values) {
      uint64_t before;
      std::memcpy(&before, &artifact[at + field], sizeof(before));
      if (before == value)
        continue;
      std::string hostile = artifact;
      std::memcpy(&hostile[at + field], &value, sizeof(value));
      EXPECT_EQ(tryOpen(hostile).code, CVT_BAD_ARTIFACT)
          << field << " " << value;
    }
}

static void expectManifestRefused(const json &manifest,
                                  const std::string &text) {
  expectRefused(
      makeArtifact(loadProgram("good"), manifest.dump(), makeWeights()), text);
}

/// All places in `value`, as JSON pointers.
static void listPlaces(const json &value, const json::json_pointer &place,
                       std::vector<json::json_pointer> &out) {
  out.push_back(place);
  if (value.is_object())
    for (const auto &[key, child] : value.items())
      listPlaces(child, place / key, out);
  else if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      listPlaces(value[i], place / i, out);
}

TEST(Manifest, EveryWrongType) {
  const json good = makeManifest();
  std::vector<json::json_pointer> places;
  listPlaces(good, json::json_pointer(), places);
  const json values[] = {nullptr,       true,          -7, 1.5, "text",
                         json::array(), json::object()};
  for (const auto &place : places)
    for (const json &value : values) {
      const json &before = good[place];
      const std::string path = place.to_string();
      const bool sameKind =
          before.type() == value.type() ||
          (before.is_number_float() && value.is_number()) ||
          // Integers: -7 is out of all ranges, but not of numbers'.
          (before.is_number_integer() && path.find("image_") == 1 &&
           value.is_number() && path.find("size") == std::string::npos &&
           path.find("resample") == std::string::npos);
      const bool allowed = sameKind ||
                           // These may be null, or hold nothing.
                           (path == "/image_processor" && value.is_null()) ||
                           (path == "/problem_type" && value.is_string());
      if (allowed)
        continue;
      json manifest = good;
      manifest[place] = value;
      expectManifestRefused(manifest, "its manifest");
    }
}

TEST(Manifest, EveryMissingKey) {
  const json good = makeManifest();
  std::vector<json::json_pointer> places;
  listPlaces(good, json::json_pointer(), places);
  for (const auto &place : places) {
    if (place.empty() || !good[place.parent_pointer()].is_object())
      continue;
    json manifest = good;
    manifest[place.parent_pointer()].erase(place.back());
    expectManifestRefused(manifest, "\" is missing");
  }
}

TEST(Manifest, Ranges) {
  struct Case {
    const char *place;
    json value;
    const char *text;
  };
  const Case cases[] = {
      {"/max_batch", 0, "\"max_batch\" must be a whole number from 1"},
      {"/max_batch", 1 << 20, "\"max_batch\""},
      {"/arena_bytes_per_image", -1, "\"arena_bytes_per_image\""},
      {"/arena_bytes_per_image", UINT64_MAX, "\"arena_bytes_per_image\""},
      {"/scratch_bytes_per_thread", INT64_MAX, "\"scratch_bytes_per_thread\""},
      {"/input/shape", {-1, 3, 4}, "\"input\" must have a shape of 4"},
      {"/input/shape", {1, 3, 4, 4}, "\"input.shape\""},
      {"/input/shape", {-1, 3, 0, 4}, "\"input.shape\""},
      {"/input/shape", {-1, 1, 4, 4}, "null for other than 3 channels"},
      {"/input/shape", {-1, 3, 4, 5}, "another size"},
      {"/outputs/0/shape", {-1, 1 << 24, 1 << 24, 1 << 24}, "is too large"},
      {"/outputs/0/name", "../evil", "\"outputs[0].name\""},
      {"/outputs/1/name", "logits", "different names"},
      {"/outputs", json::array(), "\"outputs\" must be a list of 1"},
      {"/labels", {"a", 1}, "\"labels\" must be a list of strings"},
      {"/labels", {std::string("a\0b", 3)}, "\"labels\""},
      {"/image_processor/resample", 6, "\"image_processor.resample\""},
      {"/image_processor/crop_pct", 0.0, "\"image_processor\" is unusable"},
      {"/image_processor/image_std", {1, 0, 1}, "\"image_processor\""},
      {"/image_processor/image_mean", {1, 1}, "\"image_processor.image_mean\""},
      {"/targets", json::array(), "\"targets\""},
      {"/targets/0/kernels/0/calls", -1, "\"targets[0].kernels[0].calls\""},
  };
  for (const Case &test : cases) {
    json manifest = makeManifest();
    manifest[json::json_pointer(test.place)] = test.value;
    expectManifestRefused(manifest, test.text);
  }
}

TEST(Manifest, NotJson) {
  const std::string program = loadProgram("good");
  expectRefused(makeArtifact(program, "", ""), "is not JSON");
  expectRefused(makeArtifact(program, "{\"a\": 1e999}", ""), "is not JSON");
  expectRefused(makeArtifact(program, "{\"a\": \"\xff\"}", ""), "is not JSON");
  expectRefused(makeArtifact(program, "[]", ""), "must be an object");
  expectRefused(makeArtifact(program, std::string(3000, '['), ""),
                "nested too deeply");
}

//===----------------------------------------------------------------------===//
// CPU
//===----------------------------------------------------------------------===//

TEST(Cpu, FirstFittingTargetIsChosen) {
  json manifest = makeManifest();
  json other = manifest["targets"][0];
  other["name"] = "future";
  other["cpu_features"] = {"sse4.2", "avx4096"};
  manifest["targets"] = {other, manifest["targets"][0]};
  TestFile file(
      makeArtifact(loadProgram("two_targets"), manifest.dump(), makeWeights()));
  ModelPtr model = openModel(file.path());
  ASSERT_TRUE(model);
  cvt_model_info info = {};
  info.struct_bytes = sizeof(info);
  ASSERT_EQ(cvt_model_describe(model.get(), &info), nullptr);
  EXPECT_STREQ(info.target, "plain");
}

TEST(Cpu, NoTargetFits) {
  json manifest = makeManifest();
  manifest["targets"][0]["cpu_features"] = {"sse3", "avx4096"};
  Outcome outcome = tryOpen(
      makeArtifact(loadProgram("good"), manifest.dump(), makeWeights()));
  EXPECT_EQ(outcome.code, CVT_UNSUPPORTED_CPU);
  EXPECT_NE(outcome.message.find("plain (needs avx4096)"), std::string::npos)
      << outcome.message;
}
