//===- cache_folder.h - A cache in a folder of the test's own -------------===//

#ifndef CVT_TEST_UNIT_DRIVER_CACHE_FOLDER_H
#define CVT_TEST_UNIT_DRIVER_CACHE_FOLDER_H

#include "compiler/driver/kernel_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace cvt {

/// `folder` is not there until a cache makes it.
class CacheFolder : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cvt-cache-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    top = pattern;
    folder = pattern + "/kernels";
  }

  void TearDown() override { std::filesystem::remove_all(top); }

  KernelCache open(const std::string &generator = "generator",
                   uint64_t maxBytes = KernelCache::kDefaultMaxBytes) const {
    return llvm::cantFail(KernelCache::open(folder, generator, maxBytes));
  }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      found.push_back(entry.path());
    return found;
  }

  static std::string read(const std::filesystem::path &path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
  }

  static void write(const std::filesystem::path &path,
                    const std::string &content) {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << content;
    ASSERT_TRUE(stream.flush());
  }

  std::string top;
  std::string folder;
};

} // namespace cvt

#endif // CVT_TEST_UNIT_DRIVER_CACHE_FOLDER_H
