//===- file.cpp - File descriptors and mappings ---------------------------===//
//
// Thin wrappers around open, mmap and memfd_create with messages that name the
// file.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cvt {

FileDescriptor::~FileDescriptor() {
  if (fd >= 0)
    ::close(fd);
}

Mapping::~Mapping() {
  if (!pages.empty())
    ::munmap(pages.data(), pages.size());
}

static Status failSystem(const std::string &path, const char *what) {
  return fail(CVT_IO_ERROR,
              path + ": cannot " + what + ": " + describeErrno(errno));
}

Status Mapping::mapFile(const FileDescriptor &file, uint64_t size,
                        const std::string &path, Mapping &out) {
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED)
    return failSystem(path, "map the file");
  out = Mapping({static_cast<uint8_t *>(address), size});
  return nullptr;
}

Status Mapping::allocate(uint64_t size, const char *purpose, Mapping &out) {
  out = Mapping();
  if (size == 0)
    return nullptr;
  void *address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    return fail(CVT_OUT_OF_MEMORY, "no memory for " + std::to_string(size) +
                                       " bytes of " + purpose);
  // Fewer misses of the address cache; a refusal costs nothing.
  ::madvise(address, size, MADV_HUGEPAGE);
  out = Mapping({static_cast<uint8_t *>(address), size});
  return nullptr;
}

Status openRegularFile(const std::string &path, FileDescriptor &outFile,
                       uint64_t &outSize) {
  // O_NONBLOCK: a pipe without a writer must not stop us here.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0)
    return failSystem(path, "open the file");
  struct stat status;
  if (::fstat(file.get(), &status) != 0)
    return failSystem(path, "read the file's size");
  if (!S_ISREG(status.st_mode))
    return fail(CVT_IO_ERROR, path + ": not a regular file");
  outFile = std::move(file);
  outSize = status.st_size;
  return nullptr;
}

Status readWholeFile(const std::string &path, std::vector<uint8_t> &out) {
  constexpr uint64_t maxBytes = uint64_t(1) << 30;
  FileDescriptor file;
  uint64_t size;
  if (Status status = openRegularFile(path, file, size))
    return status;
  if (size > maxBytes)
    return fail(CVT_IO_ERROR, path + ": has " + std::to_string(size) +
                                  " bytes, at most " +
                                  std::to_string(maxBytes) + " are read");
  out.resize(size);
  for (uint64_t at = 0; at < size;) {
    ssize_t count = ::read(file.get(), out.data() + at, size - at);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failSystem(path, "read the file");
    if (count == 0)
      out.resize(size = at);
    at += count;
  }
  return nullptr;
}

/// Systems that forbid running code from such files by default want to be told
/// that this one is meant to be run; older ones do not know the flag.
static int createExecutableMemoryFile() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  constexpr unsigned executable = 0x10; // MFD_EXEC of Linux 6.3
  int fd = ::memfd_create("cvt-model", flags | executable);
  return fd < 0 && errno == EINVAL ? ::memfd_create("cvt-model", flags) : fd;
}

Status makeSealedCopy(std::span<const uint8_t> bytes, const std::string &path,
                      FileDescriptor &outFile) {
  FileDescriptor file(createExecutableMemoryFile());
  if (file.get() < 0)
    return failSystem(path, "make a copy of the code in memory");
  while (!bytes.empty()) {
    ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return failSystem(path, "make a copy of the code in memory");
    bytes = bytes.subspan(written);
  }
  if (::fcntl(file.get(), F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failSystem(path, "seal the copy of the code in memory");
  outFile = std::move(file);
  return nullptr;
}

} // namespace cvt
