//===- session_test.cpp - Running models ----------------------------------===//
//
// Results, errors of compiled code, limits, and many sessions at once.
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/test_artifact.h"

#include <gtest/gtest.h>

#include <thread>

using namespace cvt;
using namespace cvt::test;

/// Images that start with these numbers, one behind the other.
static std::vector<float> makeImages(const std::vector<float> &starts) {
  std::vector<float> images;
  for (float start : starts) {
    std::vector<float> next = makeImage(start);
    images.insert(images.end(), next.begin(), next.end());
  }
  return images;
}

namespace {
class SessionTest : public testing::TestWithParam<int> {
protected:
  void SetUp() override {
    model = openModel(file.path());
    ASSERT_TRUE(model);
  }

  /// Runs one image that starts with `mode`; returns the message of a failure.
  std::string run(cvt_session *session, float mode) {
    std::vector<float> image = makeImage(mode);
    float *outputs[] = {logits, hidden};
    Status status(cvt_session_run(session, image.data(), 1, outputs));
    return status ? status->message : "";
  }

  TestFile file{makeGoodArtifact()};
  ModelPtr model;
  float logits[8] = {}, hidden[12] = {};
};
} // namespace

INSTANTIATE_TEST_SUITE_P(Threads, SessionTest, testing::Values(1, 2, 5));

TEST_P(SessionTest, Batches) {
  SessionPtr session = openSession(model.get(), GetParam());
  ASSERT_TRUE(session);
  EXPECT_EQ(cvt_session_threads(session.get()), GetParam());
  EXPECT_GE(cvt_session_arena_bytes(session.get()), 4u * 128);
  const std::vector<float> images = makeImages({10, 11, 12, 13});
  float *outputs[] = {logits, hidden};
  for (int64_t batch : {1, 4, 2, 3}) {
    std::fill(std::begin(logits), std::end(logits), -1.0f);
    Status status(
        cvt_session_run(session.get(), images.data(), batch, outputs));
    ASSERT_FALSE(status) << status->message;
    for (int64_t i = 0; i < 4; ++i) {
      const float sum = 47 + 10.0f + i;
      EXPECT_EQ(logits[2 * i], i < batch ? sum / 2 : -1);
      EXPECT_EQ(logits[2 * i + 1], i < batch ? 3 : -1);
      if (i < batch) {
        EXPECT_EQ(hidden[3 * i + 2], sum + 2);
      }
    }
  }
}

namespace {
constexpr uint64_t largeImageBytes = 1 << 21;

std::string makeArtifactOfLargeImages() {
  nlohmann::json manifest = makeManifest();
  manifest["arena_bytes_per_image"] = largeImageBytes;
  return makeArtifact(loadProgram("good"), manifest.dump(), makeWeights());
}

/// Images that are too large for a thread to compute several at once.
class LargeImagesTest : public testing::TestWithParam<int> {
protected:
  void SetUp() override {
    model = openModel(file.path());
    ASSERT_TRUE(model);
    session = openSession(model.get(), GetParam());
    ASSERT_TRUE(session);
  }

  /// Runs as many images as there are numbers, which start with these.
  std::string run(const std::vector<float> &starts) {
    const std::vector<float> images = makeImages(starts);
    float *outputs[] = {logits, hidden};
    Status status(
        cvt_session_run(session.get(), images.data(), starts.size(), outputs));
    return status ? status->message : "";
  }

  TestFile file{makeArtifactOfLargeImages()};
  ModelPtr model;
  SessionPtr session;
  float logits[8] = {}, hidden[12] = {};
};
} // namespace

INSTANTIATE_TEST_SUITE_P(Threads, LargeImagesTest, testing::Values(1, 2, 3, 5));

TEST_P(LargeImagesTest, TakeMemoryForEachThread) {
  const uint64_t atOnce = std::min(GetParam(), 4);
  EXPECT_GE(cvt_session_arena_bytes(session.get()), atOnce * largeImageBytes);
  EXPECT_LT(cvt_session_arena_bytes(session.get()),
            (atOnce + 1) * largeImageBytes);
}

TEST_P(LargeImagesTest, EachImageHasItsOwnResult) {
  for (int round = 0; round < 100; ++round)
    for (size_t batch = 1; batch <= 4; ++batch) {
      std::vector<float> starts;
      for (size_t i = 0; i < batch; ++i)
        starts.push_back(10.0f * (i + 1) + round);
      ASSERT_EQ(run(starts), "");
      for (size_t i = 0; i < batch; ++i) {
        ASSERT_EQ(logits[2 * i], (47 + starts[i]) / 2) << batch << " " << i;
        ASSERT_EQ(hidden[3 * i + 2], 47 + starts[i] + 2) << batch << " " << i;
      }
    }
}

TEST_P(LargeImagesTest, OneImageFails) {
  const std::string message =
      file.path() + ": compiled code failed with code 7";
  EXPECT_EQ(run({4, 10, 10, 10}), message);
  // Five threads compute the four in one call, and the first one decides.
  if (GetParam() <= 4) {
    EXPECT_EQ(run({10, 10, 4, 10}), message);
  }
  EXPECT_EQ(run({10, 10, 10, 10}), "");
}

TEST_P(SessionTest, ErrorsOfCompiledCode) {
  SessionPtr session = openSession(model.get(), GetParam());
  ASSERT_TRUE(session);
  const std::string prefix = file.path() + ": ";
  EXPECT_EQ(run(session.get(), 1), prefix + "task failed on two lines");
  EXPECT_EQ(run(session.get(), 4), prefix + "compiled code failed with code 7");
  EXPECT_EQ(run(session.get(), 5), prefix + "reported, and forgotten");
  EXPECT_EQ(run(session.get(), 0), "") << "an error must not stick";
  EXPECT_EQ(logits[1], 3);
}

TEST_P(SessionTest, ScratchRunsOutAndComesBack) {
  SessionPtr session = openSession(model.get(), GetParam());
  ASSERT_TRUE(session);
  // 4096 bytes hold three times 1000 rounded to 1024, plus 128.
  EXPECT_EQ(run(session.get(), 6), "");
  EXPECT_EQ(run(session.get(), 2),
            file.path() + ": compiled code needs more scratch memory than the "
                          "model declares")
      << "and does not crash";
  EXPECT_EQ(run(session.get(), 6), "");
}

TEST_P(SessionTest, LoopsInsideTasks) {
  SessionPtr session = openSession(model.get(), GetParam());
  ASSERT_TRUE(session);
  EXPECT_EQ(run(session.get(), 3), "");
  EXPECT_EQ(logits[0], 64);
}

TEST_P(SessionTest, ManyAtOnce) {
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      SessionPtr session = openSession(model.get(), GetParam());
      std::vector<float> image = makeImage(10);
      float ownLogits[2], ownHidden[3];
      float *outputs[] = {ownLogits, ownHidden};
      for (int i = 0; i < 200; ++i) {
        Status status(cvt_session_run(session.get(), image.data(), 1, outputs));
        ASSERT_FALSE(status);
        ASSERT_EQ(ownLogits[0], 28.5f);
      }
    });
  for (std::thread &user : users)
    user.join();
}

TEST_F(SessionTest, OneSessionMovesBetweenThreads) {
  SessionPtr session = openSession(model.get(), 3);
  ASSERT_TRUE(session);
  for (int i = 0; i < 20; ++i)
    std::thread([&] { EXPECT_EQ(run(session.get(), 10), ""); }).join();
}

TEST_F(SessionTest, WrongArguments) {
  auto message = [&](int32_t threads, int64_t batch) {
    cvt_session_options options = {sizeof(options), threads, batch};
    cvt_session *session = nullptr;
    Status status(cvt_session_create(model.get(), &options, &session));
    EXPECT_TRUE(status) << threads << " " << batch;
    if (!status)
      return std::string();
    EXPECT_EQ(status->code, CVT_INVALID_ARGUMENT);
    return status->message;
  };
  EXPECT_EQ(message(-1, 0), "the number of threads must be from 1 to 1024, or "
                            "0 for all CPUs, not -1");
  EXPECT_NE(message(1 << 20, 0), "");
  EXPECT_EQ(message(1, 5), file.path() + ": the batch must be from 1 to 4, "
                                         "which the model was compiled for, "
                                         "not 5");
  EXPECT_NE(message(1, -1), "");

  cvt_session_options small = {sizeof(small), 1, 2};
  cvt_session *raw = nullptr;
  ASSERT_EQ(cvt_session_create(model.get(), &small, &raw), nullptr);
  SessionPtr session(raw);
  std::vector<float> images(4 * 48, 10);
  float *outputs[] = {logits, hidden};
  float *none[] = {logits, nullptr};
  float *crooked[] = {logits, reinterpret_cast<float *>(
                                  reinterpret_cast<uintptr_t>(hidden) + 1)};
  for (int64_t batch : {INT64_MIN, int64_t(-1), int64_t(0), int64_t(3)})
    EXPECT_TRUE(Status(cvt_session_run(raw, images.data(), batch, outputs)));
  EXPECT_TRUE(Status(cvt_session_run(raw, nullptr, 1, outputs)));
  EXPECT_TRUE(Status(cvt_session_run(raw, images.data(), 1, nullptr)));
  EXPECT_TRUE(Status(cvt_session_run(raw, images.data(), 1, none)));
  EXPECT_TRUE(Status(cvt_session_run(raw, images.data(), 1, crooked)));
  EXPECT_FALSE(Status(cvt_session_run(raw, images.data(), 2, outputs)));
}

TEST(Session, MoreMemoryThanThereIs) {
  nlohmann::json manifest = makeManifest();
  manifest["arena_bytes_per_image"] = int64_t(1) << 46;
  TestFile file(
      makeArtifact(loadProgram("good"), manifest.dump(), makeWeights()));
  ModelPtr model = openModel(file.path());
  ASSERT_TRUE(model);
  const cvt_session_options options = {sizeof(options), 2, 0};
  cvt_session *session = nullptr;
  Status status(cvt_session_create(model.get(), &options, &session));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_OUT_OF_MEMORY);
  EXPECT_EQ(status->message,
            "no memory for 140737488355328 bytes of working memory");
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

TEST_F(SessionTest, Preprocess) {
  // A 4x4 picture is neither resized nor cropped.
  std::string picture = "P6 4 4 255\n";
  for (int i = 0; i < 48; ++i)
    picture.push_back(static_cast<char>(i * 5));
  float pixels[48];
  Status status(cvt_model_preprocess(model.get(), "picture", picture.data(),
                                     picture.size(), nullptr, pixels));
  ASSERT_FALSE(status) << status->message;
  auto expected = [](int byte, float mean, float deviation) {
    return (static_cast<float>(byte * 0.00392156862745098) - mean) / deviation;
  };
  EXPECT_EQ(pixels[1], expected(15, 0.5f, 0.25f));
  EXPECT_EQ(pixels[16], expected(5, 0.5f, 0.5f));
  EXPECT_EQ(pixels[47], expected(47 * 5, 0.5f, 0.5f));

  TestFile stored(picture);
  float again[48];
  status.reset(cvt_model_preprocess_file(model.get(), stored.path().c_str(),
                                         nullptr, again));
  ASSERT_FALSE(status) << status->message;
  EXPECT_TRUE(std::equal(std::begin(pixels), std::end(pixels), again));
}

TEST_F(SessionTest, PreprocessFailures) {
  float pixels[48];
  Status status(cvt_model_preprocess(model.get(), "nonsense", "nonsense", 8,
                                     nullptr, pixels));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_BAD_IMAGE);
  EXPECT_EQ(status->message.rfind("nonsense: ", 0), 0u) << status->message;
  status.reset(
      cvt_model_preprocess(model.get(), "empty", nullptr, 0, nullptr, pixels));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_BAD_IMAGE);
  status.reset(cvt_model_preprocess_file(model.get(), "/no/picture.png",
                                         nullptr, pixels));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_IO_ERROR);

  nlohmann::json manifest = makeManifest();
  manifest["image_processor"] = nullptr;
  TestFile other(
      makeArtifact(loadProgram("good"), manifest.dump(), makeWeights()));
  ModelPtr blind = openModel(other.path());
  ASSERT_TRUE(blind);
  status.reset(cvt_model_preprocess(blind.get(), "x", "x", 1, nullptr, pixels));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, CVT_INVALID_ARGUMENT);
}
