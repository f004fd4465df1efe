//===- processor_config_test.cpp - Every key of the image processor -------===//
//
// Defaults, forms and limits of each key, and the manifest's object.
//
//===----------------------------------------------------------------------===//

#include "frontend/processor_config.h"

#include "test/unit/frontend/test_files.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace cvt {
namespace {

using nlohmann::json;
using test::expectHolds;

ProcessorConfig accept(const json &object) {
  std::string error;
  auto config = parseProcessorConfig(object.dump(), "p.json", error);
  EXPECT_TRUE(config) << object << ": " << error;
  return config.value_or(ProcessorConfig());
}

std::string refuse(const json &object) {
  std::string error;
  EXPECT_FALSE(parseProcessorConfig(object.dump(), "p.json", error)) << object;
  expectHolds(error, {"p.json: "});
  return error;
}

TEST(ProcessorConfig, DefaultsAreThoseOfTheClass) {
  EXPECT_EQ(toJson(accept(json::object())).dump(),
            R"({"do_resize":true,"size":384,"crop_pct":0.875,"resample":2,)"
            R"("do_rescale":true,"rescale_factor":0.00392156862745098,)"
            R"("do_normalize":true,"image_mean":[0.5,0.5,0.5],)"
            R"("image_std":[0.5,0.5,0.5]})");
}

TEST(ProcessorConfig, EveryKeyIsRead) {
  json object = {{"do_resize", true},        {"size", 96},
                 {"crop_pct", 0.75},         {"resample", 5},
                 {"do_rescale", true},       {"rescale_factor", 0.5},
                 {"do_normalize", true},     {"image_mean", {0, 0.25, 0.5}},
                 {"image_std", {1, -2, 3.5}}};
  EXPECT_EQ(json(toJson(accept(object))), object);
}

TEST(ProcessorConfig, StepsCanBeSwitchedOff) {
  const json off = {{"do_resize", false},    {"size", 96},
                    {"crop_pct", -1},        {"resample", "bicubic"},
                    {"do_rescale", false},   {"rescale_factor", nullptr},
                    {"do_normalize", false}, {"image_mean", {0.5, 0.5}},
                    {"image_std", 0}};
  json expected = toJson(ProcessorConfig());
  expected.update({{"do_resize", false},
                   {"size", 96},
                   {"do_rescale", false},
                   {"do_normalize", false}});
  for (const json &value : {json(false), json(0), json(nullptr)}) {
    json object = off;
    for (const char *step : {"do_resize", "do_rescale", "do_normalize"})
      object[step] = value;
    EXPECT_EQ(json(toJson(accept(object))), expected);
  }
}

TEST(ProcessorConfig, SizeHasTwoForms) {
  EXPECT_EQ(accept({{"size", 224}}).size, 224);
  EXPECT_EQ(accept({{"size", {{"shortest_edge", 256}}}}).size, 256);
  EXPECT_EQ(
      accept({{"size", {{"shortest_edge", 9}, {"longest_edge", 99}}}}).size, 9);
  EXPECT_EQ(accept({{"size", nullptr}}).size, 384);
  for (const json &value :
       {json{{"height", 224}, {"width", 224}}, json{{"longest_edge", 5}},
        json{{"shortest_edge", 5}, {"height", 5}}, json::object()})
    expectHolds(refuse({{"size", value}}), {"size is ", "\"shortest_edge\""});
  for (const json &value : {json(0), json(-1), json(8193), json(224.0),
                            json("224"), json(true), json::array({224, 224})}) {
    expectHolds(refuse({{"size", value}}), {"size is ", "from 1 to 8192"});
    expectHolds(refuse({{"size", {{"shortest_edge", value}}}}),
                {"size.shortest_edge is ", "from 1 to 8192"});
  }
}

TEST(ProcessorConfig, NullMeansTheDefaultWhereTheClassSaysSo) {
  ProcessorConfig config = accept(
      {{"crop_pct", nullptr}, {"image_mean", nullptr}, {"image_std", nullptr}});
  EXPECT_EQ(config.cropPct, 0.875);
  EXPECT_EQ(config.imageMean, (std::array{0.5, 0.5, 0.5}));
  for (const char *key : {"resample", "rescale_factor"})
    expectHolds(refuse({{key, nullptr}}), {std::string(key) + " is null"});
}

TEST(ProcessorConfig, OneNumberStandsForAllChannels) {
  for (const json &object : {json{{"image_mean", 0.25}, {"image_std", 2}},
                             json{{"image_mean", json::array({0.25})},
                                  {"image_std", json::array({2})}}}) {
    ProcessorConfig config = accept(object);
    EXPECT_EQ(config.imageMean, (std::array{0.25, 0.25, 0.25}));
    EXPECT_EQ(config.imageStd, (std::array{2.0, 2.0, 2.0}));
  }
}

TEST(ProcessorConfig, WrongValuesAreRefused) {
  for (const char *key : {"do_resize", "do_rescale", "do_normalize"})
    expectHolds(refuse({{key, "yes"}}),
                {std::string(key) + " is \"yes\"", "true or false"});
  for (const json &value : {json(-1), json(6), json(3.0), json("bicubic")})
    expectHolds(refuse({{"resample", value}}), {"resample is ", "from 0 to 5"});
  for (const json &value : {json("x"), json(1e7), json(-1e7)})
    expectHolds(refuse({{"rescale_factor", value}}), {"rescale_factor is "});
  for (const json &value : {json(0), json(-1), json("x"), json(1e7)})
    expectHolds(refuse({{"crop_pct", value}}), {"crop_pct is "});
  for (const char *key : {"image_mean", "image_std"}) {
    for (const json &value : {json({1, 2}), json({1, 2, 3, 4}), json("x"),
                              json(true), json::object()})
      expectHolds(refuse({{key, value}}),
                  {std::string(key) + " is ", "a list of 3 numbers"});
    expectHolds(refuse({{key, json::array({"x"})}}),
                {std::string(key) + "[0] is"});
    expectHolds(refuse({{key, {1, "x", 1}}}), {std::string(key) + "[1] is"});
    expectHolds(refuse({{key, {1, 1e7, 1}}}), {std::string(key) + "[1] is"});
  }
}

TEST(ProcessorConfig, DeviationsAreDivisors) {
  for (const json &value : {json(0), json({1, 0.0, 1}), json({1, 1, 1e-60})})
    expectHolds(refuse({{"image_std", value}}), {"image_std is 0"});
}

TEST(ProcessorConfig, PicturesBeforeTheCropAreLimited) {
  expectHolds(refuse({{"size", 100}, {"crop_pct", 0.003}}),
              {"crop_pct is 0.003", "size 100", "1 to 32768"});
  expectHolds(refuse({{"size", 1}, {"crop_pct", 1.5}}), {"crop_pct is 1.5"});
  // Without a crop the number does not matter.
  accept({{"size", 384}, {"crop_pct", 0.003}});
  accept({{"size", 100}, {"crop_pct", 0.003}, {"do_resize", false}});
}

TEST(ProcessorConfig, OtherProcessorsAreRefused) {
  for (const char *known :
       {"ConvNextImageProcessor", "ConvNextFeatureExtractor",
        "ConvNextImageProcessorFast"}) {
    accept({{"image_processor_type", known}});
    accept({{"feature_extractor_type", known}});
  }
  expectHolds(refuse({{"image_processor_type", "ViTImageProcessor"}}),
              {"image_processor_type is \"ViTImageProcessor\"",
               "ConvNextImageProcessor"});
}

TEST(ProcessorConfig, SizeCanBeReplaced) {
  ProcessorConfig config = accept({{"size", 384}, {"crop_pct", 0.004}});
  std::string error;
  EXPECT_TRUE(setProcessorSize(config, 448, error));
  EXPECT_EQ(config.size, 448);
  EXPECT_FALSE(setProcessorSize(config, 200, error));
  expectHolds(error, {"crop_pct is 0.004", "size 200"});
  for (int64_t size : {int64_t(0), int64_t(8193), INT64_MIN}) {
    EXPECT_FALSE(setProcessorSize(config, size, error));
    expectHolds(error, {std::to_string(size), "from 1 to 8192"});
  }
  EXPECT_EQ(config.size, 448);
}

TEST(ProcessorConfig, FilesAreRead) {
  std::string error;
  auto config = readProcessorConfig(
      "test/models/cvt-digits/preprocessor_config.json", error);
  ASSERT_TRUE(config) << error;
  EXPECT_EQ(config->size, 64);
  EXPECT_EQ(config->resample, 3);
  EXPECT_EQ(config->imageStd, (std::array{0.229, 0.224, 0.225}));
  EXPECT_FALSE(readProcessorConfig("test/none.json", error));
  expectHolds(error, {"test/none.json: No such file"});
}

} // namespace
} // namespace cvt
