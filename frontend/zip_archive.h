//===- zip_archive.h - Where the entries of a zip file are ----------------===//
//
// PyTorch keeps tensors in zip files whose entries are stored as they are, so
// that values can be read at their place in the file.  Only that is read here:
// the directory and the headers of entries, ZIP and ZIP64, nothing compressed.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_ZIP_ARCHIVE_H
#define CVT_FRONTEND_ZIP_ARCHIVE_H

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// Longest directory of a zip file that is read, in bytes.
inline constexpr uint64_t kMaxZipDirectoryBytes = 64 << 20;

/// Place of an entry's content, in bytes from the start of the file.
struct ZipEntry {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// From name to place.  Entries are inside the file and do not overlap.
using ZipDirectory = std::map<std::string, ZipEntry, std::less<>>;

/// Whether a file that starts with these bytes is a zip file with entries.
bool isZip(std::string_view start);

/// Reads and checks the directory of a whole zip file.  `file` stands for it in
/// errors.
std::optional<ZipDirectory> readZipDirectory(std::istream &stream,
                                             const std::string &file,
                                             std::string &error);

/// The content of an entry of at most `most` bytes, or nothing and `error`.
/// `name` is the entry's.
std::optional<std::string> readZipEntry(std::istream &stream,
                                        const ZipEntry &entry, uint64_t most,
                                        const std::string &file,
                                        std::string_view name,
                                        std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_ZIP_ARCHIVE_H
