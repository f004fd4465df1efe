//===- safetensors_test.cpp - Every rule of the format --------------------===//
//
// Legal files, each rule broken on its own, and files cut at every length.
//
//===----------------------------------------------------------------------===//

#include "frontend/safetensors.h"

#include "test/unit/frontend/test_files.h"

#include <gtest/gtest.h>

namespace cvt {
namespace {

using test::expectHolds;
using test::safetensorsFile;
using test::TempFolder;

std::optional<Checkpoint> parse(const std::string &header, uint64_t valueBytes,
                                std::string &error) {
  return parseSafetensorsHeader(header, 8 + header.size() + valueBytes,
                                "m.safetensors", error);
}

Checkpoint accept(const std::string &header, uint64_t valueBytes) {
  std::string error;
  auto checkpoint = parse(header, valueBytes, error);
  EXPECT_TRUE(checkpoint) << header << ": " << error;
  return checkpoint.value_or(Checkpoint());
}

std::string refuse(const std::string &header, uint64_t valueBytes) {
  std::string error;
  EXPECT_FALSE(parse(header, valueBytes, error)) << header;
  expectHolds(error, {"m.safetensors: "});
  return error;
}

/// One tensor "t".
std::string tensor(const std::string &dtype, const std::string &shape,
                   const std::string &offsets) {
  return R"({"t":{"dtype":")" + dtype + R"(","shape":[)" + shape +
         R"(],"data_offsets":[)" + offsets + "]}}";
}

TEST(Safetensors, TableSaysWhereValuesAre) {
  std::string header =
      R"({"__metadata__":{"format":"pt"},)"
      R"("b":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},)"
      R"("a":{"data_offsets":[0,4],"dtype":"F32","shape":[]}}   )";
  Checkpoint checkpoint = accept(header, 16);
  EXPECT_EQ(checkpoint.name, "m.safetensors");
  ASSERT_EQ(checkpoint.tensors.size(), 2u);
  const CheckpointTensor &b = *checkpoint.find("b");
  EXPECT_EQ(b.file, "m.safetensors");
  EXPECT_EQ(b.type, ElementType::F16);
  EXPECT_EQ(b.typeName, "F16");
  EXPECT_EQ(b.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(b.offset, 8 + header.size() + 4);
  EXPECT_EQ(b.bytes, 12u);
  EXPECT_TRUE(checkpoint.find("a")->shape.empty());
  EXPECT_EQ(checkpoint.find("c"), nullptr);
}

TEST(Safetensors, EmptyFilesAndTensorsAreLegal) {
  EXPECT_TRUE(accept("{}", 0).tensors.empty());
  accept(R"({"__metadata__":{}})", 0);
  accept(tensor("F32", "0,3", "0,0"), 0);
  Checkpoint checkpoint =
      accept(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},)"
             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
             R"("c":{"dtype":"F32","shape":[1,0],"data_offsets":[4,4]},)"
             R"("d":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
             8);
  EXPECT_EQ(checkpoint.tensors.size(), 4u);
}

TEST(Safetensors, TypesHaveTheirSizes) {
  struct Case {
    const char *name;
    uint64_t bytesOf24;
    ElementType type;
  };
  for (Case c : {Case{"BOOL", 24, ElementType::Other},
                 {"F4", 12, ElementType::Other},
                 {"F6_E2M3", 18, ElementType::Other},
                 {"F6_E3M2", 18, ElementType::Other},
                 {"U8", 24, ElementType::Other},
                 {"I8", 24, ElementType::Other},
                 {"F8_E5M2", 24, ElementType::Other},
                 {"F8_E4M3", 24, ElementType::Other},
                 {"F8_E8M0", 24, ElementType::Other},
                 {"I16", 48, ElementType::Other},
                 {"U16", 48, ElementType::Other},
                 {"F16", 48, ElementType::F16},
                 {"BF16", 48, ElementType::BF16},
                 {"I32", 96, ElementType::Other},
                 {"U32", 96, ElementType::Other},
                 {"F32", 96, ElementType::F32},
                 {"C64", 192, ElementType::Other},
                 {"F64", 192, ElementType::F64},
                 {"I64", 192, ElementType::I64},
                 {"U64", 192, ElementType::Other}}) {
    std::string end = std::to_string(c.bytesOf24);
    Checkpoint checkpoint =
        accept(tensor(c.name, "24", "0," + end), c.bytesOf24);
    EXPECT_EQ(checkpoint.find("t")->type, c.type) << c.name;
    expectHolds(refuse(tensor(c.name, "25", "0," + end), c.bytesOf24),
                {"tensor t has shape [25]", c.name, "it needs "});
  }
  expectHolds(refuse(tensor("F4", "3", "0,1"), 1), {"1 and a fraction"});
  expectHolds(refuse(tensor("f32", "1", "0,4"), 4),
              {"tensor t has the unknown dtype f32"});
  expectHolds(refuse(tensor("", "1", "0,4"), 4), {"unknown dtype"});
}

TEST(Safetensors, RangesAreInsideTheFile) {
  for (const char *offsets : {"0,8", "4,0", "5,9", "0,18446744073709551615",
                              "18446744073709551612,18446744073709551615"})
    expectHolds(refuse(tensor("F32", "1", offsets), 4),
                {"tensor t has data_offsets"});
  for (const char *offsets : {"", "0", "0,4,4"})
    expectHolds(refuse(tensor("F32", "1", offsets), 4),
                {"data_offsets; it must have 2"});
}

TEST(Safetensors, SizesAreMultipliedWithoutOverflow) {
  // Most of these are 4 or 0 bytes modulo 2^64.
  for (const char *shape : {"4611686018427387905", "2305843009213693952,8,1",
                            "4294967296,4294967296", "9223372036854775808,2",
                            "18446744073709551615,18446744073709551615",
                            "4294967296,4294967296,0", "0,9223372036854775808"})
    expectHolds(refuse(tensor("F32", shape, "0,4"), 4),
                {"tensor t has a shape whose size is beyond 64 bits"});
}

TEST(Safetensors, TensorsCoverTheValuesOnce) {
  auto two = [](const char *first, const char *second) {
    return std::string(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[)") +
           first + R"(]},"b":{"dtype":"F32","shape":[1],"data_offsets":[)" +
           second + "]}}";
  };
  accept(two("0,4", "4,8"), 8);
  accept(two("4,8", "0,4"), 8);
  expectHolds(refuse(two("0,4", "0,4"), 4), {"two tensors overlap at byte 0"});
  expectHolds(refuse(two("0,4", "2,6"), 6), {"two tensors overlap at byte 2"});
  expectHolds(refuse(two("0,4", "6,10"), 10), {"leave a hole at byte 4"});
  expectHolds(refuse(two("4,8", "8,12"), 12), {"leave a hole at byte 0"});
  expectHolds(refuse(two("0,4", "4,8"), 9),
              {"the tensors end at byte 8 of the 9 bytes"});
  expectHolds(refuse("{}", 1), {"the tensors end at byte 0 of the 1 bytes"});
}

TEST(Safetensors, KeysAreGivenOnce) {
  expectHolds(refuse(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                     R"("t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                     8),
              {"header, t: is given twice"});
  // Another spelling of the same key.
  expectHolds(
      refuse(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
             R"("\u0074":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
             8),
      {"header, t: is given twice"});
  expectHolds(refuse(R"({"t":{"dtype":"F32","dtype":"F32"}})", 0),
              {"header, t, dtype: is given twice"});
  expectHolds(refuse(R"({"__metadata__":{"a":"","a":""}})", 0),
              {"header, __metadata__, a: is given twice"});
  expectHolds(refuse(R"({"__metadata__":{},"__metadata__":{}})", 0),
              {"header, __metadata__: is given twice"});
}

// As TFCvtForImageClassification saves them.
TEST(Safetensors, VariablesOfTensorFlowHavePyTorchsNames) {
  auto two = [](const std::string &first, const std::string &second) {
    return R"({"__metadata__":{"format":"tf"},")" + first +
           R"(":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},")" +
           second + R"(":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}})";
  };
  Checkpoint found =
      accept(two("classifier/kernel:0", "cvt/encoder/norm/beta:0"), 32);
  const CheckpointTensor *kernel = found.find("classifier.weight");
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(kernel->axes, (std::vector<int64_t>{1, 0}));
  EXPECT_TRUE(found.find("cvt.encoder.norm.bias"));
  expectHolds(
      refuse(two("cvt/encoder/a/gamma:0", "m/cvt/encoder/a/gamma:0"), 32),
      {"m/cvt/encoder/a/gamma:0 is a second variable for "
       "cvt.encoder.a.weight"});
}

TEST(Safetensors, OnlyTheKnownStructureIsRead) {
  for (const char *header :
       {R"({"t":1})",
        R"({"t":"x"})",
        R"({"t":[]})",
        R"({"t":null})",
        R"({"t":true})",
        R"({"t":1.5})",
        R"({"t":{}})",
        R"({"t":{"dtype":"F32","shape":[1]}})",
        R"({"t":{"dtype":"F32","data_offsets":[0,4]}})",
        R"({"t":{"shape":[1],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}})",
        R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":{}}})",
        R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":"y"}})",
        R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})",
        R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[]}})",
        R"({"__metadata__":{"a":1}})",
        R"({"__metadata__":{"a":null}})",
        R"({"__metadata__":{"a":{}}})",
        R"({"__metadata__":{"a":[]}})",
        R"({"__metadata__":"x"})",
        R"({"__metadata__":null})"})
    refuse(header, 4);
}

TEST(Safetensors, HeadersAreJson) {
  for (const std::string &header :
       {std::string(), std::string("[]"), std::string(" {}"),
        std::string("null"), std::string("\xef\xbb\xbf{}")})
    expectHolds(refuse(header, 0), {"its header does not start with {"});
  for (const std::string &header :
       {std::string("{"), std::string("{}{}"), std::string("{\"a\":}"),
        std::string("{\"\xff\":{}}"), std::string("{}\0", 3),
        std::string("{'a':{}}"), std::string("{\"a\":{\"shape\":[1e999]}}")})
    expectHolds(refuse(header, 0), {"header"});
}

TEST(Safetensors, DeepNestingDoesNotCrash) {
  refuse("{\"t\":" + std::string(1 << 20, '['), 0);
  std::string objects;
  for (int i = 0; i != 100000; ++i)
    objects += "{\"t\":";
  refuse(objects, 0);
}

TEST(Safetensors, NamesInMessagesAreShortAndPrintable) {
  std::string name(100000, 'n');
  std::string error = refuse("{\"\\u001b[31m\\n" + name + "\":1}", 0);
  EXPECT_LT(error.size(), 400u);
  EXPECT_EQ(error.find('\x1b'), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

const char *const smallHeader =
    R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST(SafetensorsFile, CutAtEveryLengthIsRefused) {
  TempFolder folder;
  std::string whole = safetensorsFile(smallHeader, 8);
  std::string error;
  for (size_t length = 0; length != whole.size(); ++length) {
    auto path = folder.write("cut.safetensors", whole.substr(0, length));
    EXPECT_FALSE(readSafetensors(path, error)) << length;
    expectHolds(error, {"cut.safetensors: "});
  }
  auto checkpoint = readSafetensors(folder.write("m", whole), error);
  ASSERT_TRUE(checkpoint) << error;
  EXPECT_EQ(checkpoint->find("a")->offset, whole.size() - 8);
  EXPECT_EQ(checkpoint->find("a")->file, (folder.path() / "m").string());
  EXPECT_FALSE(readSafetensors(folder.write("m", whole + "x"), error));
}

TEST(SafetensorsFile, HeaderLengthIsLimited) {
  TempFolder folder;
  std::string error;
  for (uint64_t length :
       {UINT64_MAX, uint64_t(1) << 63, uint64_t(100'000'001)}) {
    auto path = folder.write("m", test::headerLength(length) + smallHeader);
    EXPECT_FALSE(readSafetensors(path, error));
    expectHolds(error, {std::to_string(length) + " bytes",
                        "the format allows 100000000"});
  }
  for (uint64_t length : {uint64_t(100'000'000), uint64_t(56)}) {
    auto path = folder.write("m", test::headerLength(length) + smallHeader);
    EXPECT_FALSE(readSafetensors(path, error));
    expectHolds(error, {"its header ends behind the end of the file"});
  }
}

TEST(SafetensorsFile, FilesThatCannotBeReadAreNamed) {
  TempFolder folder;
  std::string error;
  EXPECT_FALSE(readSafetensors(folder.path() / "none", error));
  expectHolds(error, {"none: No such file"});
  EXPECT_FALSE(readSafetensors(folder.path(), error));
  expectHolds(error, {folder.path().string() + ": "});
}

//===----------------------------------------------------------------------===//
// Shards
//===----------------------------------------------------------------------===//

class Shards : public testing::Test {
protected:
  void SetUp() override {
    folder.write("one.safetensors", safetensorsFile(smallHeader, 8));
    folder.write("two.safetensors",
                 safetensorsFile(tensor("F16", "1", "0,2"), 2));
  }

  std::optional<Checkpoint> read(const std::string &index) {
    folder.write("model.safetensors.index.json", index);
    return openCheckpoint(folder.path(), error);
  }

  TempFolder folder;
  std::string error;
};

TEST_F(Shards, TensorsComeFromTheFilesThatTheIndexNames) {
  auto checkpoint = read(R"({"metadata": {"total_size": 10}, "weight_map":
      {"a": "one.safetensors", "t": "two.safetensors"}})");
  ASSERT_TRUE(checkpoint) << error;
  expectHolds(checkpoint->name, {"model.safetensors.index.json"});
  EXPECT_EQ(checkpoint->tensors.size(), 2u);
  expectHolds(checkpoint->find("a")->file, {"/one.safetensors"});
  expectHolds(checkpoint->find("t")->file, {"/two.safetensors"});
  EXPECT_EQ(checkpoint->find("t")->type, ElementType::F16);
}

TEST_F(Shards, TensorFlowsIndexesNameVariablesByModel) {
  folder.write("tf.safetensors",
               safetensorsFile(R"({"classifier/bias:0":{"dtype":"F32",)"
                               R"("shape":[1],"data_offsets":[0,4]}})",
                               4));
  auto checkpoint =
      read(R"({"weight_map": {"tf/classifier/bias:0": "tf.safetensors"}})");
  ASSERT_TRUE(checkpoint) << error;
  EXPECT_TRUE(checkpoint->find("classifier.bias"));
  EXPECT_FALSE(read(R"({"weight_map": {"a/classifier/bias:0": "tf.safetensors",
      "b/classifier/bias:0": "tf.safetensors"}})"));
  expectHolds(error, {"weight_map[b/classifier/bias:0] is a second variable "
                      "for classifier.bias"});
}

TEST_F(Shards, OnlyTensorsOfTheIndexCount) {
  auto checkpoint = read(R"({"weight_map": {"a": "one.safetensors"}})");
  ASSERT_TRUE(checkpoint) << error;
  EXPECT_EQ(checkpoint->tensors.size(), 1u);
  ASSERT_TRUE(read(R"({"weight_map": {}})"));
}

TEST_F(Shards, TensorsAreInTheirShards) {
  EXPECT_FALSE(read(R"({"weight_map": {"a": "two.safetensors"}})"));
  expectHolds(error, {"index.json: weight_map[a] is two.safetensors",
                      "no such tensor"});
}

TEST_F(Shards, NamesStayInsideTheFolder) {
  for (const char *name :
       {"../one.safetensors", "/etc/passwd", "sub/one.safetensors", "..", ".",
        "", "one.safetensors\\u0000", "..\\\\one.safetensors"}) {
    EXPECT_FALSE(read(std::string(R"({"weight_map": {"a": ")") + name + "\"}}"))
        << name;
    expectHolds(error,
                {"weight_map[a] is \"", "the name of a file beside the index"});
  }
  EXPECT_FALSE(read(R"({"weight_map": {"a": 3}})"));
  expectHolds(error, {"weight_map[a] is 3"});
}

TEST_F(Shards, MissingAndBrokenShardsAreNamed) {
  EXPECT_FALSE(read(R"({"weight_map": {"a": "three.safetensors"}})"));
  expectHolds(error, {"three.safetensors: No such file"});
  folder.write("one.safetensors", "short");
  EXPECT_FALSE(read(R"({"weight_map": {"a": "one.safetensors"}})"));
  expectHolds(error, {"one.safetensors: is not a file of weights"});
}

TEST_F(Shards, TheIndexHasAWeightMap) {
  for (const char *index :
       {"{}", R"({"weight_map": []})", R"({"weight_map": null})"}) {
    EXPECT_FALSE(read(index));
    expectHolds(error, {"index.json: has no weight_map"});
  }
  EXPECT_FALSE(read("[]"));
  expectHolds(error, {"index.json: is a list of 0"});
}

TEST_F(Shards, ASingleFileGoesFirst) {
  folder.write("model.safetensors", safetensorsFile("{}", 0));
  auto checkpoint = read("broken");
  ASSERT_TRUE(checkpoint) << error;
  EXPECT_TRUE(checkpoint->tensors.empty());
}

TEST(Checkpoint, FoldersWithoutWeightsAreNamed) {
  TempFolder folder;
  std::string error;
  EXPECT_FALSE(openCheckpoint(folder.path(), error));
  expectHolds(error, {folder.path().string() + ": has no weights",
                      "model.safetensors"});
}

} // namespace
} // namespace cvt
