//===- torch_checkpoint_test.cpp - State dicts, honest and hostile --------===//
//
// Values are compared with torch's by torch_values_test.py; here is what needs
// no Python.
//
//===----------------------------------------------------------------------===//

#include "frontend/torch_checkpoint.h"

#include "test/unit/frontend/test_files.h"
#include "test/unit/frontend/torch_files.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cvt {
namespace {

using test::expectHolds;
using test::repeat;
using test::torchFile;
using test::zipFile;
using namespace test::pickled;

using Shape = std::vector<int64_t>;

/// Of the storage in torchFile.
constexpr size_t kElements = 24;

std::optional<Checkpoint> parse(const std::string &file, std::string &error) {
  std::istringstream stream(file);
  return parseTorchCheckpoint(stream, "m.pth", error);
}

Checkpoint acceptFile(const std::string &file) {
  EXPECT_TRUE(isTorchCheckpoint(file));
  std::string error;
  auto checkpoint = parse(file, error);
  EXPECT_TRUE(checkpoint) << error;
  return checkpoint.value_or(Checkpoint());
}

std::string refuseFile(const std::string &file) {
  std::string error;
  EXPECT_FALSE(parse(file, error));
  expectHolds(error, {"m.pth: "});
  EXPECT_LT(error.size(), 400u);
  return error;
}

Checkpoint accept(const std::string &value) {
  return acceptFile(torchFile(value, 4 * kElements));
}

std::string refuse(const std::string &value) {
  return refuseFile(torchFile(value, 4 * kElements));
}

std::string goodTensor() {
  return tensor(storage(kElements), 6, {2, 3}, {3, 1});
}

std::string goodDict() { return dict({{text("w"), goodTensor()}}); }

/// A state dict of one tensor that is made like this.
std::string refuseTensor(const std::string &value) {
  std::string error = refuse(dict({{text("w"), value}}));
  expectHolds(error, {"m.pth: tensor w "});
  return error;
}

void expectGood(const Checkpoint &checkpoint) {
  ASSERT_EQ(checkpoint.tensors.size(), 1u);
  const CheckpointTensor *found = checkpoint.find("w");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, "m.pth");
  EXPECT_EQ(found->type, ElementType::F32);
  EXPECT_EQ(found->typeName, "F32");
  EXPECT_EQ(found->shape, (Shape{2, 3}));
  EXPECT_EQ(found->bytes, 24u);
}

TEST(TorchCheckpoint, TableSaysWhereValuesAre) {
  const std::string file = torchFile(goodDict(), 4 * kElements);
  Checkpoint checkpoint = acceptFile(file);
  expectGood(checkpoint);
  EXPECT_EQ(checkpoint.find("w")->offset,
            file.find(std::string(4 * kElements, '\1')) + 6 * 4);
}

TEST(TorchCheckpoint, StateDictsMayBeInADict) {
  for (const char *key : {"state_dict", "model"})
    expectGood(accept(dict({{text("epoch"), "K\1"}, {text(key), goodDict()}})));
  expectGood(accept(dict({{text("model"), text("cls_cvt")},
                          {text("optimizer"), dict({{"K\1", "N"}})},
                          {text("state_dict"), goodDict()}})));
  // As in Python, the last item of a name counts.
  expectGood(accept(dict({{text("model"), "}"}, {text("model"), goodDict()}})));
  expectGood(accept(dict({{text("module.w"), goodTensor()}})));
}

TEST(TorchCheckpoint, OtherPlacesAreNotSearched) {
  const std::string none = "holds no state dict";
  const std::string inner = dict({{text("model"), goodDict()}});
  for (const std::string &value :
       {std::string("N"), goodTensor(), std::string("}"), list({goodDict()}),
        tuple({goodDict()}), dict({{text("net"), goodDict()}}),
        dict({{text("model"), inner}}), dict({{"K\1", goodDict()}}),
        dict({{text("model"), list({goodDict()})}}),
        dict({{text("model"), goodDict()}, {text("model"), "N"}})})
    expectHolds(refuse(value), {none});
  // Dicts and lists that contain themselves.
  expectHolds(refuse("}q\1" + text("model") + "h\1s"), {none});
  expectHolds(refuse("}" + text("model") + "]q\1h\1as"), {none});
}

/// Each item of many names the same large dict.
TEST(TorchCheckpoint, SharedDictsAreSearchedOnce) {
  const std::string large = "}(" + repeat("K\1N", 500'000) + "u";
  const std::string items = repeat("h\1h\2", 1'000'000);
  expectHolds(
      refuse("}(" + text("model") + "q\1" + large + "q\2" + items + "u"),
      {"holds no state dict"});
}

TEST(TorchCheckpoint, NothingIsCalled) {
  for (const char *name : {"posix.system", "builtins.exec"}) {
    const std::string attack = call(name, {text("touch executed")});
    for (const std::string &value :
         {attack, dict({{text("w"), attack}}),
          dict({{text("epoch"), attack}, {text("state_dict"), goodDict()}}),
          dict({{text("model"), dict({{text("w"), attack}})}}),
          dict({{text("w"), tensor(attack, 0, {1}, {1})}})})
      expectHolds(refuse(value), {"refers to " + std::string(name)});
  }
  EXPECT_FALSE(std::filesystem::exists("executed"));
}

TEST(TorchCheckpoint, StridesMustBeRowMajor) {
  const std::string whole = storage(kElements);
  accept(dict({{text("w"), tensor(whole, 0, {2, 1, 3}, {3, 99, 1})}}));
  accept(dict({{text("w"), tensor(whole, 0, {0, 3}, {7, 7})}}));
  for (const Shape &strides : {Shape{1, 2}, Shape{3, 0}, Shape{4, 1},
                               Shape{3, 2}, Shape{INT64_MAX, 1}})
    expectHolds(refuseTensor(tensor(whole, 0, {2, 3}, strides)),
                {"has shape [2, 3] and strides [", "only row-major"});
  expectHolds(refuseTensor(tensor(whole, 0, {2, 3}, {1})),
              {"has shape [2, 3] but strides [1]"});
  expectHolds(refuseTensor(tensor(whole, 0, {2, 3}, {3, -1})),
              {"not whole numbers from 0"});
  expectHolds(refuseTensor(tensor(whole, 0, {-2, 3}, {3, 1})),
              {"not whole numbers from 0"});
  const Shape many(17, 1);
  expectHolds(refuseTensor(tensor(whole, 0, many, many)),
              {"has 17 dimensions; at most 16 are read"});
  expectHolds(refuseTensor(tensor(whole, 0, {INT64_MAX, 3}, {3, 1})),
              {"whose size is beyond 64 bits"});
}

TEST(TorchCheckpoint, TensorsMustBeInsideTheirStorage) {
  const std::string whole = storage(kElements);
  accept(dict({{text("w"), tensor(whole, 18, {6}, {1})}}));
  for (int64_t offset : {int64_t(19), int64_t(-1), INT64_MAX, INT64_MIN})
    expectHolds(refuseTensor(tensor(whole, offset, {6}, {1})),
                {"has 6 numbers from number " + std::to_string(offset) +
                 " of its storage, which has 24"});
  expectHolds(refuseTensor(tensor(whole, 0, {25}, {1})), {"which has 24"});
  expectHolds(refuseTensor(tensor(whole, 1, {INT64_MAX}, {1})),
              {"which has 24"});
}

TEST(TorchCheckpoint, StoragesMustBeTheirEntries) {
  auto refuseStorage = [](const std::string &storage) {
    return refuseTensor(tensor(storage, 0, {6}, {1}));
  };
  for (int64_t elements : {int64_t(23), int64_t(25), INT64_MAX})
    expectHolds(refuseStorage(storage(elements)),
                {"in a storage of " + std::to_string(elements) +
                 " F32, but the entry m/data/0 has 96 bytes"});
  expectHolds(refuseStorage(storage(kElements, "0", "torch.DoubleStorage")),
              {"in a storage of 24 F64, but"});
  expectHolds(refuseStorage(storage(kElements, "1")),
              {"the entry m/data/1, which is not there"});
  expectHolds(refuseStorage(storage(kElements, "../data.pkl")),
              {"which is not there"});
  const std::string odd = "has no storage as torch.save writes it";
  for (const std::string &storage :
       {std::string("N"), std::string("K\1Q"), std::string(")Q"), storage(-1),
        storage(kElements, repeat("0", 65)),
        storage(kElements, "0", "torch.Tensor")})
    expectHolds(refuseStorage(storage), {odd});
}

TEST(TorchCheckpoint, TensorsMustBeMadeAsTorchMakesThem) {
  const std::string odd = "is not made as torch.save makes tensors";
  const std::string rebuild = "torch._utils._rebuild_tensor_v2";
  const std::string parameter = "torch._utils._rebuild_parameter";
  const std::string fromType = "torch._tensor._rebuild_from_type_v2";
  expectGood(accept(
      dict({{text("w"), call(parameter, {goodTensor(), "\x88", "}"})}})));
  for (const std::string &value :
       {call(rebuild, {}), call(rebuild, {"N", "N", "N"}),
        call("torch.FloatStorage", {"K\1"}), call(parameter, {}),
        call(parameter, {"N"}), call(fromType, {"N"}),
        call(fromType, {"N", "N", "N", "N"}),
        call(parameter, {call(parameter, {goodTensor()})})})
    expectHolds(refuseTensor(value), {odd});
  expectHolds(refuse(dict({{"K\1", goodTensor()}})),
              {"has a tensor whose name is not a string"});
  expectHolds(
      refuse(dict({{text("w"), goodTensor()}, {text("w"), goodTensor()}})),
      {"tensor w is there twice"});
}

TEST(TorchCheckpoint, OtherFilesAreRefused) {
  const std::string legacy =
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  EXPECT_TRUE(isTorchCheckpoint(legacy));
  expectHolds(refuseFile(legacy),
              {"is in the format from before PyTorch 1.6; save it again"});
  EXPECT_FALSE(isTorchCheckpoint(whole(goodDict())));
  expectHolds(refuseFile(whole(goodDict())), {"is not a file of torch.save"});
  const std::string none = "must have one entry FOLDER/data.pkl";
  expectHolds(refuseFile(zipFile({{"m/data/0", "abc"}})), {none});
  expectHolds(refuseFile(zipFile({{"data.pkl", "abc"}})), {none});
  expectHolds(refuseFile(zipFile({{"a/data.pkl", ""}, {"b/data.pkl", ""}})),
              {none});
  expectHolds(
      refuseFile(zipFile({{"m/data.pkl", whole("}")}, {"m/byteorder", "big"}})),
      {"its byteorder is big; it must be little"});
}

TEST(TorchCheckpoint, CutFilesAreRefused) {
  const std::string file = torchFile(goodDict(), 4 * kElements);
  for (size_t length = 0; length != file.size(); ++length)
    expectHolds(
        refuseFile(file.substr(0, length)),
        {length < 4 ? "is not a file of torch.save" : "not a whole zip file"});
}

} // namespace
} // namespace cvt
