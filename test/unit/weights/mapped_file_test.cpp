//===- mapped_file_test.cpp - Mapping, bounds and release -----------------===//
//
// What a mapping gives, and what it refuses.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/mapped_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace cvt::weights {
namespace {

class MappedFileTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "cvt-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string &content) {
    std::string path = folder / "file";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path folder;
  std::string error;
};

TEST_F(MappedFileTest, BytesAreThoseOfTheFile) {
  std::string path = write("0123456789");
  auto file = MappedFile::open(path, error);
  ASSERT_TRUE(file) << error;
  EXPECT_EQ(file->size(), 10u);
  EXPECT_EQ(file->path(), path);
  auto bytes = file->bytes(3, 4);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(
      std::string(reinterpret_cast<const char *>(bytes->data()), bytes->size()),
      "3456");
}

TEST_F(MappedFileTest, RangesStayInside) {
  auto file = MappedFile::open(write("0123456789"), error);
  ASSERT_TRUE(file) << error;
  EXPECT_TRUE(file->bytes(0, 10));
  EXPECT_TRUE(file->bytes(10, 0));
  EXPECT_FALSE(file->bytes(10, 1));
  EXPECT_FALSE(file->bytes(11, 0));
  EXPECT_FALSE(file->bytes(0, 11));
  EXPECT_FALSE(file->bytes(5, UINT64_MAX));
  EXPECT_FALSE(file->bytes(UINT64_MAX, 2));
}

TEST_F(MappedFileTest, EmptyFilesAreFiles) {
  auto file = MappedFile::open(write(""), error);
  ASSERT_TRUE(file) << error;
  EXPECT_EQ(file->size(), 0u);
  EXPECT_TRUE(file->bytes(0, 0));
  EXPECT_FALSE(file->bytes(0, 1));
  file->release(0, 0);
}

TEST_F(MappedFileTest, OtherThingsAreRefused) {
  error = "left from before";
  EXPECT_FALSE(MappedFile::open(folder / "none", error));
  EXPECT_EQ(error, (folder / "none").string() +
                       ": cannot be opened: No such file or directory");
  EXPECT_FALSE(MappedFile::open(folder, error));
  EXPECT_EQ(error, folder.string() + ": is not a regular file");
  EXPECT_TRUE(MappedFile::open(write("x"), error));
  EXPECT_EQ(error, "");
}

TEST_F(MappedFileTest, MovingKeepsTheMapping) {
  auto first = MappedFile::open(write("abc"), error);
  ASSERT_TRUE(first) << error;
  const std::byte *data = first->bytes(0, 3)->data();
  MappedFile second = std::move(*first);
  EXPECT_EQ(second.bytes(0, 3)->data(), data);
  first = std::move(second);
  EXPECT_EQ(first->bytes(0, 3)->data(), data);
  EXPECT_EQ(first->size(), 3u);
}

/// How many pages of a range are in the process's memory: /proc counts them,
/// mincore would count the page cache.
uint64_t residentKb(const void *data) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  char start[32];
  std::snprintf(start, sizeof start, "%lx-",
                reinterpret_cast<unsigned long>(data));
  bool inside = false;
  while (std::getline(maps, line)) {
    // Headers are of mappings: an address, a dash, then anything, a path too.
    if (line.find('-') < 17)
      inside = line.starts_with(start);
    else if (inside && line.starts_with("Rss:"))
      return std::stoull(line.substr(4));
  }
  ADD_FAILURE() << "the mapping is not in /proc/self/smaps";
  return 0;
}

TEST_F(MappedFileTest, ReleaseGivesMemoryBackAndKeepsValues) {
  constexpr uint64_t size = 1 << 20;
  auto file = MappedFile::open(write(std::string(size, 'v')), error);
  ASSERT_TRUE(file) << error;
  auto bytes = *file->bytes(0, size);
  auto sum = [&] {
    uint64_t total = 0;
    for (std::byte value : bytes)
      total += std::to_integer<uint64_t>(value);
    return total;
  };
  uint64_t expected = size * uint64_t('v');
  EXPECT_EQ(sum(), expected);
  EXPECT_EQ(residentKb(bytes.data()), size / 1024);
  // From the middle of the first page to the middle of the last.
  file->release(100, size - 200);
  EXPECT_EQ(residentKb(bytes.data()), 0u);
  EXPECT_EQ(sum(), expected);
  file->release(1, size);
  EXPECT_EQ(residentKb(bytes.data()), size / 1024) << "not inside the file";
}

} // namespace
} // namespace cvt::weights
