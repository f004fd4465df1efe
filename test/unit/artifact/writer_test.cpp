//===- writer_test.cpp - Writes model.cvt ---------------------------------===//
//
// What the writer makes opens and runs, is always the same, and appears whole
// or not at all.
//
//===----------------------------------------------------------------------===//

#include "test/unit/artifact/test_objects.h"

#include "compiler/artifact/writer.h"
#include "runtime/include/cvt/abi.h"
#include "runtime/include/cvt/cvt.h"
#include "runtime/src/status.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

using namespace cvt;
using namespace cvt::test;
namespace fs = std::filesystem;

namespace {
class Writer : public testing::Test {
protected:
  void SetUp() override {
    directory = testing::TempDir() + "cvt-writer-" + std::to_string(getpid());
    fs::create_directory(directory);
  }
  void TearDown() override { fs::remove_all(directory); }

  /// Contents whose weights are two floats and then a pattern, handed over in
  /// pieces of `piece` bytes.
  artifact::ArtifactContents contents(uint64_t weightsBytes,
                                      uint64_t piece = 1000) {
    artifact::ArtifactContents contents;
    contents.objects = program.object;
    llvm::json::Value manifest =
        llvm::cantFail(llvm::json::parse(manifestText));
    contents.manifest = std::move(*manifest.getAsObject());
    contents.weightsBytes = weightsBytes;
    contents.writeWeights = [=](artifact::WeightsSink &sink) -> llvm::Error {
      std::vector<uint8_t> bytes(weightsBytes);
      for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(i * i >> 5);
      const float values[2] = {0.5f, 3};
      std::memcpy(bytes.data(), values,
                  std::min<size_t>(bytes.size(), sizeof(values)));
      llvm::ArrayRef<uint8_t> rest = bytes;
      while (!rest.empty()) {
        EXPECT_EQ(sink.offset(), bytes.size() - rest.size());
        auto next = rest.take_front(piece);
        if (llvm::Error error = sink.append(next))
          return error;
        rest = rest.drop_front(next.size());
      }
      return llvm::Error::success();
    };
    return contents;
  }

  std::string path(const char *name = "model.cvt") const {
    return directory + "/" + name;
  }

  std::string write(artifact::ArtifactContents contents) {
    llvm::Error error = artifact::writeArtifact(path(), std::move(contents));
    return error ? llvm::toString(std::move(error)) : "";
  }

  static std::string read(const std::string &path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
  }

  size_t countFiles() const {
    return std::distance(fs::directory_iterator(directory),
                         fs::directory_iterator());
  }

  static constexpr const char *manifestText = R"({
    "compiler": "test",
    "model": {"architecture": "CvtModel", "activation": "gelu",
              "source_sha256": "00",
              "config": {"sha256": {"code": "not the real one"}}},
    "precision": "f32", "max_batch": 4,
    "input": {"name": "pixel_values", "shape": [-1, 3, 4, 4]},
    "outputs": [{"name": "logits", "shape": [-1, 2]},
                {"name": "hidden", "shape": [-1, 3]}],
    "labels": ["k\u00e4tzchen", "\ud83d\udc36 \"dog\""],
    "problem_type": null, "image_processor": null,
    "arena_bytes_per_image": 128, "scratch_bytes_per_thread": 4096,
    "flops_per_image": 100,
    "targets": [{"name": "plain", "cpu_features": [], "kernels": []}]})";

  ObjectFile program{"program"};
  std::string directory;
};
} // namespace

TEST_F(Writer, OpensAndRuns) {
  // Around the borders of pages and digested megabytes.
  for (uint64_t bytes :
       {uint64_t(8), uint64_t(4096), uint64_t(1) << 20,
        (uint64_t(1) << 20) - 12288, (uint64_t(3) << 20) + 77}) {
    ASSERT_EQ(write(contents(bytes)), "");
    cvt_open_options options = {sizeof(options), 1};
    cvt_model *model = nullptr;
    Status status(cvt_model_open(path().c_str(), &options, &model));
    ASSERT_FALSE(status) << status->message;
    cvt_model_info info = {};
    info.struct_bytes = sizeof(info);
    EXPECT_EQ(cvt_model_describe(model, &info), nullptr);
    EXPECT_EQ(info.weights_bytes, bytes);
    EXPECT_STREQ(info.labels[1], "\xf0\x9f\x90\xb6 \"dog\"");
    cvt_session *session = nullptr;
    EXPECT_EQ(cvt_session_create(model, nullptr, &session), nullptr);
    std::vector<float> image(48, 1);
    image[0] = 10;
    float logits[2], hidden[3], *outputs[] = {logits, hidden};
    EXPECT_EQ(cvt_session_run(session, image.data(), 1, outputs), nullptr);
    EXPECT_EQ(logits[0], 28.5f);
    EXPECT_EQ(logits[1], 3);
    cvt_session_destroy(session);
    cvt_model_destroy(model);
  }
}

TEST_F(Writer, WithoutWeights) {
  artifact::ArtifactContents none = contents(0);
  none.writeWeights = nullptr;
  EXPECT_EQ(write(std::move(none)), "");
  cvt_model *model = nullptr;
  EXPECT_EQ(cvt_model_open(path().c_str(), nullptr, &model), nullptr);
  cvt_model_destroy(model);
}

TEST_F(Writer, SameBytes) {
  const uint64_t bytes = (uint64_t(2) << 20) + 5;
  ASSERT_EQ(write(contents(bytes, 1000)), "");
  const std::string first = read(path());
  for (uint64_t piece : {uint64_t(1) << 20, uint64_t(77777), bytes}) {
    ASSERT_EQ(write(contents(bytes, piece)), "");
    EXPECT_EQ(read(path()), first);
  }
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(Writer, Padding) {
  artifact::ArtifactContents padded = contents(3000);
  padded.writeWeights = [](artifact::WeightsSink &sink) -> llvm::Error {
    const uint8_t byte = 7;
    llvm::cantFail(sink.append(byte));
    llvm::cantFail(sink.padTo(2999));
    EXPECT_TRUE(llvm::errorToBool(sink.padTo(10))) << "backwards";
    return sink.append(byte);
  };
  ASSERT_EQ(write(std::move(padded)), "");
  const std::string file = read(path());
  const std::string weights = file.substr(file.size() - 3000);
  EXPECT_EQ(weights, '\7' + std::string(2998, '\0') + '\7');
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

TEST_F(Writer, FailuresLeaveTheOldFile) {
  std::ofstream(path()) << "old";
  auto fails = [&](artifact::ArtifactContents contents,
                   const std::string &text) {
    const std::string error = write(std::move(contents));
    EXPECT_NE(error.find(text), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    EXPECT_EQ(read(path()), "old");
    EXPECT_EQ(countFiles(), 1u) << "something was left behind";
  };

  artifact::ArtifactContents tooMany = contents(5000);
  tooMany.weightsBytes = 4999;
  fails(std::move(tooMany), "more weights than the 4999 bytes");

  artifact::ArtifactContents tooFew = contents(5000);
  tooFew.weightsBytes = 5001;
  fails(std::move(tooFew), "5000 bytes of weights instead of the 5001");

  artifact::ArtifactContents failing = contents(5000);
  failing.writeWeights = [](artifact::WeightsSink &) {
    return llvm::createStringError("the checkpoint is damaged");
  };
  fails(std::move(failing), "the checkpoint is damaged");

  artifact::ArtifactContents huge = contents(0);
  huge.weightsBytes = UINT64_MAX;
  fails(std::move(huge), "more than a file holds");

  ObjectFile undefined("undefined");
  artifact::ArtifactContents unlinked = contents(0);
  unlinked.objects = undefined.object;
  fails(std::move(unlinked), "needs symbols that an artifact does not have");
}

TEST_F(Writer, FullDisk) {
  // A limit on file sizes makes writes fail just as a full disk does.
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {1 << 20, before.rlim_max};
  auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = write(contents(uint64_t(4) << 20));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, oldHandler);
  EXPECT_EQ(error, "cannot write " + path() + ": File too large");
  EXPECT_EQ(countFiles(), 0u);
}

TEST_F(Writer, Unwritable) {
  auto writeTo = [&](const std::string &path) {
    return llvm::toString(artifact::writeArtifact(path, contents(8)));
  };
  EXPECT_EQ(writeTo(directory),
            "cannot write " + directory + ": it exists and is not a file");
  EXPECT_EQ(writeTo("/dev/null"),
            "cannot write /dev/null: it exists and is not a file");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(writeTo(path("no/such/folder")), "cannot write " +
                                                 path("no/such/folder") +
                                                 ": No such file or directory");
}
