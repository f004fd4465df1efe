//===- mapped_file.cpp - Files mapped for reading -------------------------===//
//
// mmap, with every size checked before it is used.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cvt::weights {

std::optional<MappedFile> MappedFile::open(const std::string &path,
                                           std::string &error) {
  error.clear();
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    error = path + ": cannot be opened: " + std::strerror(errno);
    return std::nullopt;
  }
  struct stat status = {};
  const void *data = nullptr;
  uint64_t length = 0;
  if (fstat(descriptor, &status) != 0) {
    error = path + ": cannot be opened: " + std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    error = path + ": is not a regular file";
  } else if (status.st_size > 0) {
    length = static_cast<uint64_t>(status.st_size);
    data = mmap(nullptr, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
      error = path + ": cannot be mapped: " + std::strerror(errno);
  }
  // The mapping keeps the file.
  close(descriptor);
  if (!error.empty())
    return std::nullopt;
  return MappedFile(path, static_cast<const std::byte *>(data), length);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : name(std::move(other.name)), data(std::exchange(other.data, nullptr)),
      length(std::exchange(other.length, 0)) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(name, other.name);
  std::swap(data, other.data);
  std::swap(length, other.length);
  return *this;
}

MappedFile::~MappedFile() {
  if (data)
    munmap(const_cast<std::byte *>(data), length);
}

std::optional<std::span<const std::byte>>
MappedFile::bytes(uint64_t offset, uint64_t count) const {
  if (offset > length || count > length - offset)
    return std::nullopt;
  return std::span<const std::byte>(data + offset, count);
}

void MappedFile::release(uint64_t offset, uint64_t count) const {
  if (count == 0 || !bytes(offset, count))
    return;
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t first = offset / page * page;
  // Only a hint: if it fails, the pages stay.
  madvise(const_cast<std::byte *>(data) + first, offset + count - first,
          MADV_DONTNEED);
}

} // namespace cvt::weights
