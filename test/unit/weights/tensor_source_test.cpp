//===- tensor_source_test.cpp - Tensors whose axes are in another order ---===//

#include "compiler/weights/tensor_source.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <vector>

namespace cvt::weights {
namespace {

class PermutedSourceTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "cvt-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// A file of `skip` bytes and the numbers 0, 1, ...
  std::shared_ptr<const MappedFile> map(size_t count, size_t skip) {
    std::vector<float> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0.0f);
    std::string path = folder / "file";
    std::ofstream stream(path, std::ios::binary);
    stream << std::string(skip, 'x');
    stream.write(reinterpret_cast<const char *>(numbers.data()),
                 static_cast<std::streamsize>(count * sizeof(float)));
    stream.close();
    auto file = MappedFile::open(path, error);
    return file ? std::make_shared<const MappedFile>(std::move(*file))
                : nullptr;
  }

  std::filesystem::path folder;
  std::string error;
};

TEST_F(PermutedSourceTest, AConvolutionsKernelFromHwioInAnyPieces) {
  // O, I, H, W from H, W, I, O.
  std::vector<int64_t> shape = {5, 3, 2, 4}, axes = {3, 2, 0, 1};
  std::vector<float> expected;
  for (int o = 0; o != 5; ++o)
    for (int i = 0; i != 3; ++i)
      for (int h = 0; h != 2; ++h)
        for (int w = 0; w != 4; ++w)
          expected.push_back(static_cast<float>(((h * 4 + w) * 3 + i) * 5 + o));
  auto source =
      makePermutedSource(map(120, 7), DType::F32, 7, shape, axes, "t", error);
  ASSERT_TRUE(source) << error;
  ASSERT_EQ(source->elements(), 120u);
  for (size_t piece : {1, 7, 120}) {
    std::vector<float> found(120);
    for (size_t first = 0; first < found.size(); first += piece)
      source->read(first, std::span(found).subspan(
                              first, std::min(piece, found.size() - first)));
    EXPECT_EQ(found, expected) << piece;
    source->release(0, 120);
  }
}

TEST_F(PermutedSourceTest, AMatrixWithLongRows) {
  std::vector<int64_t> shape = {3, 1000}, axes = {1, 0};
  auto source =
      makePermutedSource(map(3000, 0), DType::F32, 0, shape, axes, "t", error);
  ASSERT_TRUE(source) << error;
  std::vector<float> found(3000);
  source->read(0, found);
  for (int row = 0; row != 3; ++row)
    for (int column = 0; column != 1000; ++column)
      ASSERT_EQ(found[static_cast<size_t>(row * 1000 + column)],
                static_cast<float>(column * 3 + row));
}

TEST_F(PermutedSourceTest, MustBeInsideTheFile) {
  std::vector<int64_t> shape = {3, 4}, axes = {1, 0};
  auto file = map(12, 0);
  EXPECT_TRUE(makePermutedSource(file, DType::F32, 0, shape, axes, "t", error));
  EXPECT_FALSE(
      makePermutedSource(file, DType::F32, 4, shape, axes, "t", error));
  EXPECT_NE(error.find("tensor t at byte 4 is not all inside"),
            std::string::npos)
      << error;
}

} // namespace
} // namespace cvt::weights
