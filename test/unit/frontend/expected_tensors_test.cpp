//===- expected_tensors_test.cpp - What models need and files have --------===//
//
// Names and shapes are compared with transformers by hf_tensors_test.py; here
// is what needs no Python.
//
//===----------------------------------------------------------------------===//

#include "frontend/expected_tensors.h"

#include "test/unit/frontend/test_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cvt {
namespace {

using test::expectHolds;

CvtConfig configOf(const std::string &text) {
  std::string error;
  auto config = parseCvtConfig(text, "config.json", error);
  EXPECT_TRUE(config) << error;
  return config.value_or(CvtConfig());
}

/// A checkpoint that fits.
Checkpoint checkpointOf(const std::vector<ExpectedTensor> &tensors) {
  Checkpoint checkpoint{"m.safetensors", {}};
  for (const ExpectedTensor &tensor : tensors) {
    CheckpointTensor &entry = checkpoint.tensors[tensor.name];
    entry.type = ElementType::F32;
    entry.typeName = "F32";
    entry.shape = tensor.shape;
  }
  return checkpoint;
}

int64_t parameters(const std::vector<ExpectedTensor> &tensors) {
  int64_t total = 0;
  for (const ExpectedTensor &tensor : tensors) {
    if (tensor.name.find("running_") != std::string::npos)
      continue;
    int64_t elements = 1;
    for (int64_t extent : tensor.shape)
      elements *= extent;
    total += elements;
  }
  return total;
}

const ExpectedTensor &find(const std::vector<ExpectedTensor> &tensors,
                           const std::string &name) {
  auto found = std::find_if(
      tensors.begin(), tensors.end(),
      [&](const ExpectedTensor &tensor) { return tensor.name == name; });
  EXPECT_NE(found, tensors.end()) << name;
  return *found;
}

TEST(ExpectedTensors, PublishedModelsHaveTheirParameters) {
  EXPECT_EQ(parameters(expectedTensors(configOf(R"({"num_labels": 1000})"))),
            19'997'480);
  EXPECT_EQ(parameters(expectedTensors(
                configOf(R"({"num_labels": 1000, "depth": [1, 4, 16]})"))),
            31'622'696);
  EXPECT_EQ(parameters(expectedTensors(configOf(
                R"({"num_labels": 1000, "depth": [2, 2, 20],
                    "embed_dim": [192, 768, 1024], "num_heads": [3, 12, 16]})"))),
            277'196'392);
}

TEST(ExpectedTensors, InitsAreHuggingFaces) {
  auto tensors = expectedTensors(configOf("{}"));
  auto init = [&](const char *name) { return find(tensors, name).init; };
  std::string layer = "cvt.encoder.stages.2.layers.9.";
  EXPECT_EQ(init("cvt.encoder.stages.2.cls_token"),
            TensorInit::TruncatedNormal);
  EXPECT_EQ(init("classifier.weight"), TensorInit::TruncatedNormal);
  EXPECT_EQ(init("classifier.bias"), TensorInit::Zeros);
  EXPECT_EQ(init("layernorm.weight"), TensorInit::Ones);
  EXPECT_EQ(init("layernorm.bias"), TensorInit::Zeros);
  std::string conv = "cvt.encoder.stages.0.layers.0.attention.attention."
                     "convolution_projection_key.convolution_projection.";
  EXPECT_EQ(find(tensors, conv + "convolution.weight").init,
            TensorInit::TruncatedNormal);
  EXPECT_EQ(find(tensors, conv + "normalization.running_mean").init,
            TensorInit::Zeros);
  EXPECT_EQ(find(tensors, conv + "normalization.running_var").init,
            TensorInit::Ones);
}

TEST(MatchTensors, AFittingCheckpointIsSilent) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  checkpoint.tensors["cvt.encoder.bn.num_batches_tracked"] = {};
  for (ElementType type : {ElementType::F64, ElementType::F32, ElementType::F16,
                           ElementType::BF16}) {
    checkpoint.tensors["classifier.bias"].type = type;
    TensorMatch match = matchTensors(expected, checkpoint);
    EXPECT_EQ(match.error, "");
    EXPECT_EQ(match.warning, "");
  }
}

TEST(MatchTensors, AllProblemsAreOneError) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  checkpoint.tensors.erase("layernorm.weight");
  checkpoint.tensors["layernorm.bias"].shape = {3, 4};
  checkpoint.tensors["classifier.bias"].type = ElementType::I64;
  checkpoint.tensors["classifier.bias"].typeName = "I64";
  EXPECT_EQ(matchTensors(expected, checkpoint).error,
            "m.safetensors: does not fit config.json: "
            "layernorm.weight is missing, "
            "layernorm.bias has shape [3, 4] instead of [384], "
            "classifier.bias has type I64 instead of F64, F32, F16 or BF16");
}

TEST(MatchTensors, FiveProblemsAreNamed) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  std::vector<ExpectedTensor> few(expected.begin(), expected.begin() + 5);
  for (const ExpectedTensor &tensor : few)
    checkpoint.tensors.erase(tensor.name);
  std::string five = matchTensors(expected, checkpoint).error;
  expectHolds(five, {few[0].name, few[4].name});
  EXPECT_EQ(five.find(" more"), std::string::npos);
  checkpoint.tensors.erase("classifier.weight");
  EXPECT_EQ(matchTensors(expected, checkpoint).error, five + " and 1 more");
  std::string all = matchTensors(expected, {"m.safetensors", {}}).error;
  expectHolds(all, {" and " + std::to_string(expected.size() - 5) + " more"});
}

TEST(MatchTensors, UnusedTensorsAreAWarning) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  for (const char *name : {"a", "b\n", "c", "d", "e", "f", "g"})
    checkpoint.tensors[name] = {};
  TensorMatch match = matchTensors(expected, checkpoint);
  EXPECT_EQ(match.error, "");
  EXPECT_EQ(match.warning,
            "m.safetensors: has tensors that the model does not use: "
            "a, b\\n, c, d, e and 2 more");
}

TEST(MatchTensors, SaysWhatCouldBeDrawn) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  checkpoint.tensors["classifier.bias"].shape = {7};
  TensorMatch match = matchTensors(expected, checkpoint);
  EXPECT_TRUE(match.hasOtherShapes);
  EXPECT_FALSE(match.lacksSome);
  checkpoint.tensors.erase("classifier.bias");
  match = matchTensors(expected, checkpoint);
  EXPECT_FALSE(match.hasOtherShapes);
  EXPECT_TRUE(match.lacksSome);
  match = matchTensors(expected, {"m.safetensors", {}});
  EXPECT_NE(match.error, "");
  EXPECT_FALSE(match.lacksSome);
}

TEST(DropDrawn, DropsWhatTheRulesSay) {
  const auto all = expectedTensors(configOf("{}"));
  Checkpoint damaged = checkpointOf(all);
  damaged.tensors["classifier.weight"].shape = {7, 384};
  damaged.tensors.erase("layernorm.bias");
  const std::string prefix = "m.safetensors: drawn at random: ";
  const std::string missing = "layernorm.bias is missing";
  const std::string other =
      "classifier.weight has shape [7, 384] instead of [2, 384]";
  auto drop = [&](const DrawRules &rules) {
    auto expected = all;
    Checkpoint checkpoint = damaged;
    std::string text = dropDrawn(rules, expected, checkpoint);
    // What is left to complain about is what the rules do not cover.
    TensorMatch match = matchTensors(expected, checkpoint);
    EXPECT_EQ(match.lacksSome, !rules.missing);
    EXPECT_EQ(match.hasOtherShapes, !rules.otherShapes);
    EXPECT_EQ(match.warning, "");
    EXPECT_EQ(checkpoint.find("classifier.weight") == nullptr,
              rules.otherShapes);
    return text;
  };
  EXPECT_EQ(drop({}), "");
  EXPECT_EQ(drop({.missing = true}), prefix + missing);
  EXPECT_EQ(drop({.otherShapes = true}), prefix + other);
  EXPECT_EQ(drop({.missing = true, .otherShapes = true}),
            prefix + missing + ", " + other);
}

TEST(DropDrawn, NamesFive) {
  auto expected = expectedTensors(configOf("{}"));
  Checkpoint checkpoint = checkpointOf(expected);
  const ExpectedTensor last = expected.back();
  checkpoint.tensors = {{last.name, checkpoint.tensors[last.name]}};
  const std::string sixth = expected[5].name;
  const size_t more = expected.size() - 1 - 5;
  std::string text = dropDrawn({.missing = true}, expected, checkpoint);
  expectHolds(text, {" and " + std::to_string(more) + " more"});
  EXPECT_EQ(text.find(sixth), std::string::npos);
  EXPECT_EQ(expected.size(), 1u);
}

TEST(DropDrawn, ACheckpointWithoutAnyOfTheModelsStaysWrong) {
  auto expected = expectedTensors(configOf("{}"));
  const size_t count = expected.size();
  Checkpoint checkpoint{"m.safetensors", {}};
  checkpoint.tensors["other"] = {};
  EXPECT_EQ(dropDrawn({.missing = true}, expected, checkpoint), "");
  EXPECT_EQ(expected.size(), count);
}

TEST(MatchTensors, TheDigitsModelFits) {
  std::string error;
  auto config = readCvtConfig("test/models/cvt-digits/config.json", error);
  ASSERT_TRUE(config) << error;
  EXPECT_EQ(config->labels[7], "seven");
  auto checkpoint = openCheckpoint("test/models/cvt-digits", error);
  ASSERT_TRUE(checkpoint) << error;
  auto expected = expectedTensors(*config);
  TensorMatch match = matchTensors(expected, *checkpoint);
  EXPECT_EQ(match.error, "");
  EXPECT_EQ(match.warning, "");
  // Everything else in the file is a num_batches_tracked, three a layer.
  EXPECT_EQ(checkpoint->tensors.size(), expected.size() + 6 * 3);
  EXPECT_EQ(checkpoint->find("classifier.weight")->shape,
            (std::vector<int64_t>{10, 64}));
}

} // namespace
} // namespace cvt
