//===- file.h - File descriptors and mappings -----------------------------===//
//
// Owners for what the system hands out.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_FILE_H
#define CVT_RUNTIME_FILE_H

#include "runtime/src/status.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace cvt {

/// An open file descriptor; -1 for none.
class FileDescriptor {
public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd(fd) {}
  FileDescriptor(FileDescriptor &&other) noexcept
      : fd(std::exchange(other.fd, -1)) {}
  FileDescriptor &operator=(FileDescriptor &&other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~FileDescriptor();

  int get() const { return fd; }

private:
  int fd = -1;
};

/// Pages of this process's address space.
class Mapping {
public:
  Mapping() = default;
  Mapping(Mapping &&other) noexcept : pages(std::exchange(other.pages, {})) {}
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(pages, other.pages);
    return *this;
  }
  ~Mapping();

  /// Maps the first `size` > 0 bytes of a file, read-only.
  static Status mapFile(const FileDescriptor &file, uint64_t size,
                        const std::string &path, Mapping &out);

  /// Zeroed private memory of `size` bytes, on huge pages where the system
  /// likes; nothing is mapped for 0 bytes.  `purpose` is for the message.
  static Status allocate(uint64_t size, const char *purpose, Mapping &out);

  std::span<uint8_t> bytes() const { return pages; }

private:
  explicit Mapping(std::span<uint8_t> pages) : pages(pages) {}
  std::span<uint8_t> pages;
};

/// Opens the regular file `path` for reading; sets `outSize`.
Status openRegularFile(const std::string &path, FileDescriptor &outFile,
                       uint64_t &outSize);

/// Reads a regular file of at most 1 GB.
Status readWholeFile(const std::string &path, std::vector<uint8_t> &out);

/// An anonymous file with `bytes` as content that nobody can change any more.
Status makeSealedCopy(std::span<const uint8_t> bytes, const std::string &path,
                      FileDescriptor &outFile);

} // namespace cvt

#endif // CVT_RUNTIME_FILE_H
