//===- test_files.h - Files for the frontend's tests ----------------------===//
//
// Folders that remove themselves, and safetensors files made of parts so that
// a test can get any of them wrong.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_FRONTEND_TEST_FILES_H
#define CVT_TEST_UNIT_FRONTEND_TEST_FILES_H

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace cvt::test {

/// An empty folder, removed with its content at the end.
class TempFolder {
public:
  TempFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "cvt-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(folder); }
  TempFolder(const TempFolder &) = delete;
  TempFolder &operator=(const TempFolder &) = delete;

  const std::filesystem::path &path() const { return folder; }

  /// Writes a file and returns its path.
  std::filesystem::path write(std::string_view name,
                              std::string_view content) const {
    std::filesystem::path file = folder / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

private:
  std::filesystem::path folder;
};

/// The 8 bytes in front of a header of that length.
inline std::string headerLength(uint64_t length) {
  std::string bytes;
  for (int i = 0; i != 8; ++i)
    bytes.push_back(static_cast<char>(length >> (8 * i)));
  return bytes;
}

/// A safetensors file of that header and that many bytes of values.
inline std::string safetensorsFile(std::string_view header, size_t valueBytes) {
  std::string file = headerLength(header.size());
  file += header;
  file.append(valueBytes, '\1');
  return file;
}

/// Expects that `text` holds all of `parts`.
inline void expectHolds(const std::string &text,
                        std::initializer_list<std::string_view> parts) {
  for (std::string_view part : parts)
    EXPECT_NE(text.find(part), std::string::npos)
        << "'" << part << "' is not in '" << text << "'";
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

} // namespace cvt::test

#endif // CVT_TEST_UNIT_FRONTEND_TEST_FILES_H
