//===- tensor_names_test.cpp - Names of other classes ---------------------===//

#include "frontend/tensor_names.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
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
