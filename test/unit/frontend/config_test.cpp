//===- config_test.cpp - Every key of config.json, right and wrong --------===//
//
// Defaults, forms and constraints of each key, and the sentences that refuse
// the rest.
//
//===----------------------------------------------------------------------===//

#include "frontend/config.h"

#include "test/unit/frontend/test_files.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace cvt {
namespace {

using nlohmann::json;
using test::expectHolds;

CvtConfig acceptText(const std::string &text) {
  std::string error;
  std::optional<CvtConfig> config = parseCvtConfig(text, "config.json", error);
  EXPECT_TRUE(config) << text << ": " << error;
  return config.value_or(CvtConfig());
}

CvtConfig accept(const json &object) { return acceptText(object.dump()); }

std::string refuseText(const std::string &text) {
  std::string error;
  EXPECT_FALSE(parseCvtConfig(text, "config.json", error)) << text;
  expectHolds(error, {"config.json: "});
  return error;
}

std::string refuse(const json &object) { return refuseText(object.dump()); }

template <typename T>
std::vector<T> field(const CvtConfig &config, T StageConfig::*member) {
  std::vector<T> values;
  for (const StageConfig &stage : config.stages)
    values.push_back(stage.*member);
  return values;
}

TEST(Config, EmptyObjectGivesTheDefaultsOfTransformers) {
  CvtConfig config = accept(json::object());
  using Integers = std::vector<int64_t>;
  using Numbers = std::vector<double>;
  using Booleans = std::vector<bool>;
  EXPECT_EQ(config.file, "config.json");
  EXPECT_EQ(config.numChannels, 3);
  EXPECT_EQ(field(config, &StageConfig::patchSize), (Integers{7, 3, 3}));
  EXPECT_EQ(field(config, &StageConfig::patchStride), (Integers{4, 2, 2}));
  EXPECT_EQ(field(config, &StageConfig::patchPadding), (Integers{2, 1, 1}));
  EXPECT_EQ(field(config, &StageConfig::embedDim), (Integers{64, 192, 384}));
  EXPECT_EQ(field(config, &StageConfig::numHeads), (Integers{1, 3, 6}));
  EXPECT_EQ(field(config, &StageConfig::depth), (Integers{1, 2, 10}));
  EXPECT_EQ(field(config, &StageConfig::mlpRatio), (Numbers{4, 4, 4}));
  EXPECT_EQ(field(config, &StageConfig::attentionDropRate), (Numbers{0, 0, 0}));
  EXPECT_EQ(field(config, &StageConfig::dropRate), (Numbers{0, 0, 0}));
  EXPECT_EQ(field(config, &StageConfig::dropPathRate), (Numbers{0, 0, 0.1}));
  EXPECT_EQ(field(config, &StageConfig::qkvBias), (Booleans{true, true, true}));
  EXPECT_EQ(field(config, &StageConfig::clsToken),
            (Booleans{false, false, true}));
  EXPECT_EQ(field(config, &StageConfig::projectionMethod),
            std::vector(3, ProjectionMethod::DwBn));
  EXPECT_EQ(field(config, &StageConfig::kernelQkv), (Integers{3, 3, 3}));
  EXPECT_EQ(field(config, &StageConfig::paddingKv), (Integers{1, 1, 1}));
  EXPECT_EQ(field(config, &StageConfig::strideKv), (Integers{2, 2, 2}));
  EXPECT_EQ(field(config, &StageConfig::paddingQ), (Integers{1, 1, 1}));
  EXPECT_EQ(field(config, &StageConfig::strideQ), (Integers{1, 1, 1}));
  EXPECT_EQ(config.initializerRange, 0.02);
  EXPECT_EQ(config.layerNormEps, 1e-12);
  EXPECT_EQ(config.architecture, Architecture::ImageClassification);
  EXPECT_EQ(config.labels, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(config.problemType, std::nullopt);
  EXPECT_EQ(config.imageSize, std::nullopt);
}

TEST(Config, EveryKeyIsRead) {
  json object = {{"model_type", "cvt"},
                 {"architectures", {"CvtModel"}},
                 {"num_channels", 4},
                 {"patch_sizes", {5, 2}},
                 {"patch_stride", {3, 2}},
                 {"patch_padding", {2, 0}},
                 {"embed_dim", {24, 40}},
                 {"num_heads", {3, 5}},
                 {"depth", {2, 0}},
                 {"mlp_ratio", {2.5, 3}},
                 {"attention_drop_rate", {0.1, 0.2}},
                 {"drop_rate", {0.3, 0}},
                 {"drop_path_rate", {0.4, 1}},
                 {"qkv_bias", {false, 1}},
                 {"cls_token", {0, true}},
                 {"qkv_projection_method", {"avg", "linear"}},
                 {"kernel_qkv", {5, 4}},
                 {"padding_kv", {2, 1}},
                 {"stride_kv", {3, 1}},
                 {"padding_q", {0, 7}},
                 {"stride_q", {2, 9}},
                 {"initializer_range", 0.5},
                 {"layer_norm_eps", 1e-3},
                 {"id2label", {{"0", "cat"}, {"1", "dog"}, {"2", "fox"}}},
                 {"problem_type", "regression"},
                 {"image_size", 96}};
  CvtConfig config = accept(object);
  EXPECT_EQ(config.stages[0].qkvBias, false);
  EXPECT_EQ(config.stages[1].qkvBias, true);
  EXPECT_EQ(config.stages[0].clsToken, false);
  EXPECT_TRUE(config.hasClassToken());
  EXPECT_EQ(config.numLabels(), 3);
  EXPECT_EQ(config.inputChannels(0), 4);
  EXPECT_EQ(config.inputChannels(1), 24);
  // What was read comes out again, every key of it.
  object["qkv_bias"] = {false, true};
  object["cls_token"] = {false, true};
  EXPECT_EQ(toJson(config), object);
}

TEST(Config, JsonOfAConfigGivesTheConfigAgain) {
  json object = toJson(accept(json::object()));
  EXPECT_EQ(toJson(accept(object)), object);
}

TEST(Config, UnknownKeysAreIgnored) {
  accept({{"pos_embed", {1, {{"deep", nullptr}}}},
          {"transformers_version", "4.57.6"},
          {"num_stages", "three"},
          {"label2id", {{"a", 0}}}});
}

TEST(Config, TheLastOfEqualKeysCounts) {
  EXPECT_EQ(
      acceptText(R"({"num_channels": "x", "num_channels": 5})").numChannels, 5);
}

TEST(Config, ListsMayBeLongerThanEmbedDim) {
  CvtConfig config = accept({{"mlp_ratio", {4.0, 4.0, 2.0, "unread"}}});
  EXPECT_EQ(config.stages.size(), 3u);
  EXPECT_EQ(accept({{"embed_dim", {64}}}).stages.size(), 1u);
}

TEST(Config, EveryListMustBeAsLongAsEmbedDim) {
  for (const char *key :
       {"patch_sizes", "patch_stride", "patch_padding", "num_heads", "depth",
        "mlp_ratio", "attention_drop_rate", "drop_rate", "drop_path_rate",
        "qkv_bias", "cls_token", "qkv_projection_method", "kernel_qkv",
        "padding_kv", "stride_kv", "padding_q", "stride_q"}) {
    json object = toJson(accept(json::object()));
    object[key].erase(2);
    expectHolds(refuse(object),
                {std::string(key) + " is a list of 2", "a list of at least 3"});
    object[key] = object[key][0];
    expectHolds(refuse(object), {std::string(key) + " is ", "a list of"});
    object[key] = nullptr;
    expectHolds(refuse(object), {std::string(key) + " is null", "a list of"});
  }
}

TEST(Config, MissingListsMustBeLongEnoughToo) {
  expectHolds(refuse({{"embed_dim", {8, 8, 8, 8}}}),
              {"patch_sizes is missing", "a list of at least 4"});
}

TEST(Config, EmbedDimIsAListOfStages) {
  for (const json &value : {json::array(), json(64), json("64"), json(nullptr),
                            json(std::vector<int>(257, 8))})
    expectHolds(refuse({{"embed_dim", value}}),
                {"embed_dim is ", "a list of 1 to 256 whole numbers"});
}

TEST(Config, EveryIntegerIsAWholeNumberInItsRange) {
  struct Case {
    const char *key;
    int64_t least, most;
  };
  for (Case c : {Case{"patch_sizes", 1, 32768},
                 {"patch_stride", 1, 32768},
                 {"patch_padding", 0, 32768},
                 {"embed_dim", 1, 65536},
                 {"num_heads", 1, 65536},
                 {"depth", 0, 4096},
                 {"kernel_qkv", 1, 32768},
                 {"padding_kv", 0, 32768},
                 {"stride_kv", 1, 32768},
                 {"padding_q", 0, 32768},
                 {"stride_q", 1, 32768}}) {
    for (const json &value :
         {json(c.least - 1), json(c.most + 1), json(3.0), json(2.5), json("3"),
          json(true), json(nullptr), json::array({3}), json::object(),
          json(UINT64_MAX), json(INT64_MIN), json(1e300)}) {
      json object = toJson(accept(json::object()));
      object[c.key][1] = value;
      expectHolds(refuse(object),
                  {std::string(c.key) + "[1] is ",
                   "a whole number from " + std::to_string(c.least) + " to " +
                       std::to_string(c.most)});
    }
  }
}

TEST(Config, NumbersInListsAreInTheirRange) {
  struct Case {
    const char *key;
    int64_t most;
  };
  for (Case c : {Case{"mlp_ratio", 1024},
                 {"attention_drop_rate", 1},
                 {"drop_rate", 1},
                 {"drop_path_rate", 1}})
    for (const json &value : {json(-0.5), json(1025), json("1"), json(true),
                              json(nullptr), json::array()}) {
      json object = toJson(accept(json::object()));
      object[c.key][2] = value;
      expectHolds(refuse(object),
                  {std::string(c.key) + "[2] is ",
                   "a number from 0.0 to " + std::to_string(c.most)});
    }
}

TEST(Config, BooleansMayBeZeroAndOne) {
  for (const char *key : {"qkv_bias", "cls_token"})
    for (const json &value :
         {json(2), json("true"), json(nullptr), json(1.0)}) {
      json object = toJson(accept(json::object()));
      object[key][0] = value;
      expectHolds(refuse(object),
                  {std::string(key) + "[0] is ", "true or false"});
    }
}

TEST(Config, ScalarsAreChecked) {
  for (const json &value :
       {json(0), json(65537), json(3.0), json(true), json("3"), json(nullptr)})
    expectHolds(refuse({{"num_channels", value}}),
                {"num_channels is ", "from 1 to 65536"});
  for (const char *key : {"initializer_range", "layer_norm_eps"})
    for (const json &value : {json(-1e-9), json("small"), json(nullptr)})
      expectHolds(refuse({{key, value}}),
                  {std::string(key) + " is ", "a number from 0.0"});
  EXPECT_EQ(accept({{"initializer_range", 0}}).initializerRange, 0);
}

TEST(Config, ProjectionMethodsAreThree) {
  json object = toJson(accept(json::object()));
  object["qkv_projection_method"] = {"linear", "avg", "dw_bn"};
  EXPECT_EQ(field(accept(object), &StageConfig::projectionMethod),
            (std::vector{ProjectionMethod::Linear, ProjectionMethod::Avg,
                         ProjectionMethod::DwBn}));
  object["qkv_projection_method"][1] = "dwbn";
  expectHolds(refuse(object), {"qkv_projection_method[1] is \"dwbn\"",
                               "\"dw_bn\", \"avg\" or \"linear\""});
  object["qkv_projection_method"][1] = 3;
  expectHolds(refuse(object), {"qkv_projection_method[1] is 3", "a string"});
}

TEST(Config, OtherModelsAreRefused) {
  accept({{"model_type", nullptr}});
  for (const json &value : {json("vit"), json(""), json(3), json::array()})
    expectHolds(refuse({{"model_type", value}, {"embed_dim", "other"}}),
                {"model_type is ", "\"cvt\""});
}

TEST(Config, ArchitectureIsTheFirstClassOfCvt) {
  auto architecture = [](const json &value) {
    return accept({{"architectures", value}}).architecture;
  };
  EXPECT_EQ(architecture({"CvtModel"}), Architecture::Model);
  EXPECT_EQ(architecture({"TFCvtModel"}), Architecture::Model);
  EXPECT_EQ(architecture({"Other", "CvtModel"}), Architecture::Model);
  EXPECT_EQ(architecture({"CvtForImageClassification", "CvtModel"}),
            Architecture::ImageClassification);
  EXPECT_EQ(architecture({"TFCvtForImageClassification"}),
            Architecture::ImageClassification);
  EXPECT_EQ(architecture(json::array()), Architecture::ImageClassification);
  EXPECT_EQ(architecture(nullptr), Architecture::ImageClassification);
  expectHolds(refuse({{"architectures", "CvtModel"}}),
              {"architectures is \"CvtModel\"", "a list of class names"});
  expectHolds(refuse({{"architectures", {1}}}),
              {"architectures[0] is 1", "a string"});
}

TEST(Config, LabelsComeFromId2Label) {
  using Labels = std::vector<std::string>;
  auto labels = [](const json &object) { return accept(object).labels; };
  // The map counts, whatever num_labels says.
  EXPECT_EQ(labels({{"id2label", {{"1", "b"}, {"0", "a"}}}, {"num_labels", 7}}),
            (Labels{"a", "b"}));
  // Ten sorts between one and two as text, but not as a number.
  json many;
  for (int i = 0; i != 12; ++i)
    many[std::to_string(i)] = std::string(1, static_cast<char>('a' + i));
  EXPECT_EQ(labels({{"id2label", many}})[10], "k");
  EXPECT_EQ(labels({{"id2label", {{"0", "same"}, {"1", "same"}}}}),
            (Labels{"same", "same"}));
  EXPECT_EQ(labels({{"id2label", {{"0", 3}, {"1", nullptr}, {"9", "far"}}}}),
            (Labels{"3", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(labels({{"id2label", {{"0", "a"}, {"00", "b"}}}}).size(), 1u);
  EXPECT_EQ(labels({{"id2label", json::object()}}), Labels{});
  EXPECT_EQ(labels({{"id2label", nullptr}, {"num_labels", 3}}),
            (Labels{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(labels({{"num_labels", 0}}), Labels{});
  EXPECT_EQ(labels({{"num_labels", 1}}), Labels{"LABEL_0"});
  EXPECT_EQ(labels({{"num_labels", nullptr}}).size(), 2u);
}

TEST(Config, WrongLabelsAreRefused) {
  for (const char *key : {"", "x", "1.0", "1 ", "99999999999999999999"})
    expectHolds(refuse({{"id2label", {{key, "name"}}}}),
                {"id2label's key \"", "a whole number"});
  expectHolds(refuse({{"id2label", {{"4", true}}}}),
              {"id2label[\"4\"] is true", "a string"});
  expectHolds(refuse({{"id2label", {{"3", std::string("a\0b", 3)}}}}),
              {"id2label[\"3\"] is \"a\\u0000b\"", "without a NUL"});
  expectHolds(refuse({{"id2label", {"a", "b"}}}),
              {"id2label is a list of 2", "an object"});
  for (const json &value : {json(-1), json(1'000'001), json(2.0), json("2")})
    expectHolds(refuse({{"num_labels", value}}),
                {"num_labels is ", "from 0 to 1000000"});
}

TEST(Config, ProblemTypesAreThree) {
  for (const char *known : {"regression", "single_label_classification",
                            "multi_label_classification"})
    EXPECT_EQ(accept({{"problem_type", known}}).problemType, known);
  EXPECT_EQ(accept({{"problem_type", nullptr}}).problemType, std::nullopt);
  expectHolds(refuse({{"problem_type", "ranking"}}),
              {"problem_type is \"ranking\"", "\"regression\""});
}

TEST(Config, ImageSizeIsOptional) {
  EXPECT_EQ(accept({{"image_size", 384}}).imageSize, std::pair(384L, 384L));
  EXPECT_EQ(accept({{"image_size", {48, 64}}}).imageSize, std::pair(48L, 64L));
  EXPECT_EQ(accept({{"image_size", nullptr}}).imageSize, std::nullopt);
  for (const json &value : {json(0), json(-3), json(32769), json("big")})
    expectHolds(refuse({{"image_size", value}}),
                {"image_size is ", "from 1 to 32768"});
  for (const json &value : {json({64}), json({64, 64, 3})})
    expectHolds(refuse({{"image_size", value}}),
                {"image_size is a list of ", "a list of 2: height and width"});
}

TEST(Config, HeadsDivideTheirDimension) {
  json object = {{"num_heads", {1, 5, 6}}};
  expectHolds(refuse(object),
              {"num_heads[1] is 5", "a divisor of embed_dim[1] (192)"});
  object["num_heads"][1] = 192;
  accept(object);
}

TEST(Config, MlpHiddenIsTruncatedAndNotEmpty) {
  CvtConfig config = accept({{"mlp_ratio", {1.99, 0.34, 1.0 / 384}}});
  EXPECT_EQ(config.stages[0].mlpHidden(), 127);
  EXPECT_EQ(config.stages[1].mlpHidden(), 65);
  EXPECT_EQ(config.stages[2].mlpHidden(), 1);
  expectHolds(refuse({{"mlp_ratio", {0.015, 4, 4}}}),
              {"mlp_ratio[0] is 0.015", "embed_dim[0] (64)"});
}

TEST(Config, AnEarlyClassTokenNeedsTheLastDimension) {
  json object = {{"cls_token", {true, false, true}}};
  expectHolds(refuse(object), {"embed_dim[0] is 64", "the last embed_dim (384)",
                               "cls_token[0] is true"});
  object["embed_dim"] = {384, 192, 384};
  accept(object);
}

TEST(Config, TheLastClassTokenIsTheLastStages) {
  json object = {{"cls_token", {false, false, true, false}}};
  expectHolds(refuse(object), {"cls_token[3] is false", "3 stages", "true"});
  object["architectures"] = {"CvtModel"};
  accept(object);
  accept({{"cls_token", {false, false, true, false, true}}});
  accept({{"cls_token", {0, 0, 1}}});
  accept({{"cls_token", {false, false, 0}}});
  expectHolds(refuse({{"cls_token", {0, 0, 1, 0}}}),
              {"cls_token[3] is 0", "3 stages", "true"});
}

TEST(Config, PoolingPadsAtMostHalfItsKernel) {
  json object = {{"qkv_projection_method", {"avg", "dw_bn", "dw_bn"}},
                 {"kernel_qkv", {3, 3, 3}},
                 {"padding_kv", {2, 2, 1}}};
  expectHolds(refuse(object),
              {"padding_kv[0] is 2", "half of kernel_qkv[0] (3)"});
  object["padding_kv"][0] = 1;
  accept(object);
}

TEST(Config, SizesOfWeightsAreLimited) {
  json one = {{"embed_dim", {65536}}, {"depth", {0}}, {"cls_token", {false}}};
  // 65536 channels to 65536: 2^32 numbers.
  expectHolds(refuse(one), {"embed_dim[0]", "one of 4294967296.0 numbers",
                            "at most 2147483647.0"});
  one["embed_dim"] = {16};
  one["patch_sizes"] = {32768};
  expectHolds(refuse(one), {"patch_sizes[0]", "numbers"});
  one["patch_sizes"] = {3};
  one["kernel_qkv"] = {32768};
  expectHolds(refuse(one), {"kernel_qkv[0]", "numbers"});
  one["kernel_qkv"] = {3};
  accept(one);
  expectHolds(
      refuse(
          {{"embed_dim", {30000}}, {"mlp_ratio", {1000}}, {"num_heads", {1}}}),
      {"embed_dim[0] and mlp_ratio[0]", "numbers"});
  expectHolds(refuse({{"embed_dim", {40000}},
                      {"mlp_ratio", {0.01}},
                      {"num_labels", 1000000},
                      {"depth", {0}}}),
              {"the number of labels", "numbers"});
  expectHolds(refuse({{"embed_dim", {8, 8}},
                      {"depth", {4000, 97}},
                      {"num_heads", {1, 1}},
                      {"cls_token", {false, false}}}),
              {"the sum of depth is 4097", "at most 4096"});
  expectHolds(
      refuse({{"embed_dim", {4096}}, {"depth", {100}}, {"num_heads", {1}}}),
      {"the number of parameters is ", "at most 4294967296"});
}

TEST(Config, TextThatIsNoObjectIsRefused) {
  expectHolds(refuseText(""), {"is not JSON: syntax error at byte"});
  expectHolds(refuseText("{\"depth\": [1,"), {"is not JSON"});
  expectHolds(refuseText("{} {}"), {"is not JSON"});
  expectHolds(refuseText(std::string("{}\0", 3)), {"zero byte at byte 3"});
  expectHolds(refuseText("{\"a\": \"\xff\"}"), {"is not JSON"});
  expectHolds(refuseText("{\"mlp_ratio\": [1e999, 1, 1]}"),
              {"a number too large"});
  expectHolds(refuseText("[1]"), {"is a list of 1", "a JSON object"});
  expectHolds(refuseText("null"), {"is null"});
}

TEST(Config, DeepNestingDoesNotCrash) {
  std::string text = "{\"num_channels\": " + std::string(1 << 20, '[') +
                     std::string(1 << 20, ']') + "}";
  expectHolds(refuseText(text), {"num_channels is a list of 1"});
}

TEST(Config, LongValuesAreCutInMessages) {
  std::string error =
      refuse({{"model_type", std::string(5000, 'x') + "\x1b[31m\n"}});
  EXPECT_LT(error.size(), 200u);
}

TEST(Config, FilesThatCannotBeReadAreNamed) {
  test::TempFolder folder;
  std::string error;
  EXPECT_FALSE(readCvtConfig(folder.path() / "none.json", error));
  expectHolds(error, {"none.json: No such file"});
  EXPECT_FALSE(readCvtConfig(folder.path(), error));
  expectHolds(error, {folder.path().string() + ": "});
  std::filesystem::path big = folder.write("big.json", "{");
  std::filesystem::resize_file(big, (16 << 20) + 1);
  EXPECT_FALSE(readCvtConfig(big, error));
  expectHolds(error, {"big.json: has 16777217 bytes"});
  std::filesystem::path good =
      folder.write("good.json", "{\"depth\": [0,1,2]}");
  std::optional<CvtConfig> config = readCvtConfig(good, error);
  ASSERT_TRUE(config) << error;
  EXPECT_EQ(config->stages[2].depth, 2);
  EXPECT_EQ(config->file, good.string());
}

} // namespace
} // namespace cvt
