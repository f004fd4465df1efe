//===- tensor_names_test.cpp - Names of other classes ---------------------===//

#include "frontend/tensor_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace cvt {
namespace {

using Names = std::vector<std::string>;

Checkpoint checkpointOf(const Names &names) {
  Checkpoint checkpoint;
  for (const std::string &name : names)
    checkpoint.tensors[name].typeName = name;
  return checkpoint;
}

Names adapted(const std::string &config, const Names &names) {
  std::string error;
  auto parsed = parseCvtConfig(config, "config.json", error);
  EXPECT_TRUE(parsed) << error;
  Checkpoint checkpoint = checkpointOf(names);
  adaptNames(*parsed, checkpoint);
  Names result;
  for (const auto &[name, tensor] : checkpoint.tensors)
    result.push_back(name);
  return result;
}

const std::string kModel = R"({"architectures": ["CvtModel"]})";

TEST(TensorNames, AnEncodersNamesBecomeTheClasss) {
  EXPECT_EQ(adapted("{}", {"encoder.a", "other"}),
            Names({"cvt.encoder.a", "other"}));
  EXPECT_EQ(adapted(kModel, {"classifier.bias", "cvt.encoder.a"}),
            Names({"classifier.bias", "encoder.a"}));
}

TEST(TensorNames, RightNamesStay) {
  for (const std::string &config : {std::string("{}"), kModel})
    EXPECT_EQ(adapted(config, {"cvt.encoder.a", "encoder.a"}),
              Names({"cvt.encoder.a", "encoder.a"}));
}

TEST(TensorNames, AClassTokenWithoutAStageGoesToItsStage) {
  EXPECT_EQ(adapted("{}", {"cvt.encoder.cls_token"}),
            Names({"cvt.encoder.stages.2.cls_token"}));
  EXPECT_EQ(adapted(R"({"embed_dim": [64, 192], "cls_token": [false, true]})",
                    {"cvt.encoder.cls_token"}),
            Names({"cvt.encoder.stages.1.cls_token"}));
  EXPECT_EQ(adapted(kModel, {"cvt.encoder.cls_token"}),
            Names({"encoder.stages.2.cls_token"}));
  EXPECT_EQ(adapted(R"({"cls_token": [false, false, false]})",
                    {"cvt.encoder.cls_token"}),
            Names({"cvt.encoder.cls_token"}));
}

/// Names after translateOriginalNames.
Names translated(const Names &names, bool areOriginal = true) {
  Checkpoint checkpoint = checkpointOf(names);
  EXPECT_EQ(translateOriginalNames(checkpoint), areOriginal);
  Names result;
  for (const auto &[name, tensor] : checkpoint.tensors)
    result.push_back(name);
  return result;
}

bool holds(const Names &names, const std::string &name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A name by which the original repository's model is recognised, and what
/// becomes of it.
const std::string kMark = "stage0.patch_embed.proj.bias";
const std::string kKnownMark = "cvt.encoder.stages.0.embedding."
                               "convolution_embeddings.projection.bias";

TEST(OriginalNames, BecomeHuggingFaces) {
  const std::string stage = "cvt.encoder.stages.12.";
  const std::string layer = stage + "layers.34.";
  const std::string query = layer + "attention.attention.convolution_"
                                    "projection_query.convolution_projection.";
  const std::pair<std::string, std::string> pairs[] = {
      {"stage12.patch_embed.norm.weight",
       stage + "embedding.convolution_embeddings.normalization.weight"},
      {"stage12.cls_token", stage + "cls_token"},
      {"stage12.blocks.34.attn.conv_proj_q.conv.weight",
       query + "convolution.weight"},
      {"stage12.blocks.34.attn.conv_proj_q.bn.running_mean",
       query + "normalization.running_mean"},
      {"stage12.blocks.34.attn.proj_v.bias",
       layer + "attention.attention.projection_value.bias"},
      {"stage12.blocks.34.attn.proj.bias",
       layer + "attention.output.dense.bias"},
      {"stage12.blocks.34.mlp.fc1.weight", layer + "intermediate.dense.weight"},
      {"stage12.blocks.34.mlp.fc2.weight", layer + "output.dense.weight"},
      {"stage12.blocks.34.norm1.bias", layer + "layernorm_before.bias"},
      {"stage12.blocks.34.norm2.bias", layer + "layernorm_after.bias"},
      {"norm.weight", "layernorm.weight"},
      {"head.bias", "classifier.bias"},
  };
  for (const auto &[original, known] : pairs) {
    EXPECT_TRUE(holds(translated({kMark, original}), known)) << original;
  }
}

TEST(OriginalNames, OthersStay) {
  for (const char *name :
       {"stage.cls_token", "stage1", "stage1.", "stage1x.cls_token",
        "stage1.blocks.norm1.bias", "stage1.blocks.2",
        "stage1.blocks.2.norm3.a", "stage1.attn.proj.bias",
        "blocks.0.norm1.bias", "", "other"})
    EXPECT_TRUE(holds(translated({kMark, name}), name)) << name;
  EXPECT_EQ(translated({"norm.bias", "stage1.cls_token"}, false),
            Names({"norm.bias", "stage1.cls_token"}));
}

TEST(OriginalNames, NoneReplacesAnother) {
  EXPECT_EQ(translated({"layernorm.bias", "norm.bias", kMark}),
            Names({kKnownMark, "layernorm.bias", "norm.bias"}));
}

TEST(TensorNames, WithoutAHeadThereIsOnlyAnEncoder) {
  EXPECT_TRUE(lacksHead(checkpointOf({"encoder.a"})));
  EXPECT_TRUE(lacksHead(checkpointOf({"cvt.encoder.a", "other"})));
  EXPECT_FALSE(lacksHead(checkpointOf({"encoder.a", "layernorm.weight"})));
  EXPECT_FALSE(lacksHead(checkpointOf({"classifier.bias", "encoder.a"})));
  EXPECT_FALSE(lacksHead(checkpointOf({"other"})));
  EXPECT_FALSE(lacksHead(checkpointOf({})));
}

} // namespace
} // namespace cvt
