//===- model_weights_test.cpp - Weights fitted to a config ----------------===//
//
// On the demo model, in the formats that are beside it.
//
//===----------------------------------------------------------------------===//

#include "frontend/model_weights.h"

#include "test/unit/frontend/test_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cvt {
namespace {

using test::expectHolds;

constexpr const char *kFolder = "test/models/cvt-digits";
constexpr const char *kFormats = "test/models/cvt-digits-formats/";

/// The demo model's config with other text in one place.
CvtConfig digitsConfig(const std::string &from = "",
                       const std::string &to = "") {
  std::ifstream stream(std::string(kFolder) + "/config.json");
  std::stringstream text;
  text << stream.rdbuf();
  std::string content = text.str(), error;
  if (!from.empty())
    content.replace(content.find(from), from.size(), to);
  auto config = parseCvtConfig(content, "config.json", error);
  EXPECT_TRUE(config) << error;
  return config.value_or(CvtConfig());
}

ModelWeights open(const std::string &place) {
  std::string error;
  auto weights = openWeights(place, error);
  EXPECT_TRUE(weights) << error;
  return weights.value_or(ModelWeights());
}

TEST(ModelWeights, FoldersAndFilesOfEveryFormatFit) {
  for (const std::string &place :
       {std::string(kFolder), std::string(kFormats) + "pytorch_model.bin",
        std::string(kFormats) + "tf_model.h5",
        std::string(kFormats) + "microsoft.pth"}) {
    SCOPED_TRACE(place);
    ModelWeights weights = open(place);
    WeightFit fit = fitWeights(digitsConfig(), {}, weights);
    EXPECT_EQ(fit.match.error, "");
    EXPECT_EQ(fit.warnings, std::vector<std::string>());
    EXPECT_EQ(weights.isOriginal, place.ends_with(".pth"));
    EXPECT_TRUE(weights.checkpoint.find("classifier.weight"));
  }
}

TEST(ModelWeights, ABareModelLeavesTheHead) {
  ModelWeights weights = open(kFolder);
  WeightFit fit = fitWeights(
      digitsConfig("CvtForImageClassification", "CvtModel"), {}, weights);
  EXPECT_EQ(fit.match.error, "");
  ASSERT_EQ(fit.warnings.size(), 1u);
  expectHolds(fit.warnings[0], {"classifier.bias", "layernorm.weight"});
  EXPECT_TRUE(weights.checkpoint.find("encoder.stages.2.cls_token"));
}

TEST(ModelWeights, WhatIsDrawnIsSaidAndRemoved) {
  CvtConfig config = digitsConfig("\"9\": \"nine\"", "\"9\": \"nine\", "
                                                     "\"10\": \"ten\"");
  ModelWeights weights = open(kFolder);
  WeightFit refused = fitWeights(config, {}, weights);
  expectHolds(refused.match.error,
              {"classifier.weight", "[10, 64]", "[11, 64]"});
  EXPECT_TRUE(refused.match.hasOtherShapes);
  weights.checkpoint.tensors.erase("layernorm.weight");
  WeightFit fit =
      fitWeights(config, {.missing = true, .otherShapes = true}, weights);
  EXPECT_EQ(fit.match.error, "");
  ASSERT_EQ(fit.warnings.size(), 1u);
  expectHolds(fit.warnings[0], {"layernorm.weight", "classifier.weight"});
  EXPECT_FALSE(weights.checkpoint.find("classifier.weight"));
}

TEST(ModelWeights, PlacesWithoutWeightsAreRefused) {
  std::string error;
  EXPECT_FALSE(openWeights("test/models", error));
  expectHolds(error, {"test/models: has no weights"});
  EXPECT_FALSE(openWeights("none", error));
  expectHolds(error, {"none: No such file"});
}

} // namespace
} // namespace cvt
