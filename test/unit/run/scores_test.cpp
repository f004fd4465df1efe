//===- scores_test.cpp - From logits to labelled predictions --------------===//
//
// Expected scores are those of Hugging Face's image classification pipeline.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace cvt::run;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

TEST(Scores, Softmax) {
  const float logits[] = {1, 3, 2};
  auto best = rank(logits, "", 2);
  ASSERT_EQ(best.size(), 2u);
  EXPECT_EQ(best[0].index, 1u);
  EXPECT_NEAR(best[0].score, 0.66524096, 1e-8);
  EXPECT_EQ(best[1].index, 2u);
  EXPECT_NEAR(best[1].score, 0.24472847, 1e-8);
  EXPECT_EQ(rank(logits, "single_label_classification", 9).size(), 3u);
}

TEST(Scores, Sigmoid) {
  const float logits[] = {0, -1};
  auto best = rank(logits, "multi_label_classification", 5);
  EXPECT_EQ(best[0].score, 0.5);
  EXPECT_NEAR(best[1].score, 0.26894142, 1e-8);
  const float one[] = {2};
  EXPECT_NEAR(rank(one, "", 5)[0].score, 0.88079708, 1e-8);
}

TEST(Scores, LargeLogitsDoNotOverflow) {
  const float logits[] = {-3e38f, 3e38f, 3e38f};
  auto best = rank(logits, "", 3);
  EXPECT_EQ(best[0].index, 1u) << "equal ones by index";
  EXPECT_EQ(best[0].score, 0.5);
  EXPECT_EQ(best[2].score, 0);
}

TEST(Scores, OrderIsThatOfLogitsWhereScoresAreEqual) {
  const float logits[] = {100, 0.1f, 0.2f};
  auto best = rank(logits, "", 3);
  EXPECT_EQ(best[1].index, 2u);
}

TEST(Scores, NotNumbers) {
  const float logits[] = {notANumber, -infinity, 1, notANumber, infinity};
  auto best = rank(logits, "multi_label_classification", 5);
  ASSERT_EQ(best.size(), 5u);
  EXPECT_EQ(best[0].index, 4u);
  EXPECT_EQ(best[0].score, 1);
  EXPECT_EQ(best[1].index, 2u);
  EXPECT_TRUE(std::isnan(best[2].score)) << "reported, not hidden";
}
