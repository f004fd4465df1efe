//===- kernel_cache.cpp - Compiled kernels in a folder --------------------===//
//
// An entry is called after the digest of its key, and holds, little-endian:
//   digest    16 bytes, XXH3-128 of everything behind it
//   magic      8 bytes
//   key bytes, object bytes, scratch bytes   8 bytes each
//   key, object
//
//===----------------------------------------------------------------------===//

#include "compiler/driver/kernel_cache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cvt;
namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kMagic = "CVTKRNL1";
static constexpr llvm::StringLiteral kSuffix = ".kernel";
static constexpr size_t kDigestBytes = 16;
static constexpr size_t kHeaderBytes = kDigestBytes + 8 + 3 * 8;
/// Some hundred times the largest kernel.
static constexpr uint64_t kMaxEntryBytes = uint64_t(64) << 20;
/// No kernel takes that long to write.
static constexpr std::chrono::hours kAbandonedAfter{1};

static llvm::Error fileError(const llvm::Twine &path, std::error_code code) {
  return llvm::createStringError(path + ": " + code.message());
}

static std::string digestOf(llvm::StringRef bytes) {
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::arrayRefFromStringRef(bytes));
  std::string digest(kDigestBytes, '\0');
  llvm::support::endian::write64le(digest.data(), hash.low64);
  llvm::support::endian::write64le(digest.data() + 8, hash.high64);
  return digest;
}

//===----------------------------------------------------------------------===//
// Folder
//===----------------------------------------------------------------------===//

std::string KernelCache::defaultFolder() {
  for (auto [variable, below] :
       {std::pair("XDG_CACHE_HOME", "cvtc"), std::pair("HOME", ".cache/cvtc")})
    // The XDG specification ignores paths that are not absolute.
    if (const char *base = std::getenv(variable); base && base[0] == '/')
      return std::string(base) + "/" + below;
  return "";
}

llvm::Expected<KernelCache> KernelCache::open(std::string folder,
                                              std::string generator,
                                              uint64_t maxBytes) {
  if (folder.empty())
    return llvm::createStringError("there is no folder for it: neither "
                                   "XDG_CACHE_HOME nor HOME is set");
  if (std::error_code error = fs::create_directories(
          folder, /*IgnoreExisting=*/true, fs::owner_all))
    return fileError(folder, error);
  struct stat status;
  if (::stat(folder.c_str(), &status) != 0)
    return fileError(folder, llvm::errnoAsErrorCode());
  if (!S_ISDIR(status.st_mode))
    return llvm::createStringError(folder + ": is not a folder");
  bool isOurs = status.st_uid == ::geteuid() || status.st_uid == 0;
  if (!isOurs || (status.st_mode & (S_IWGRP | S_IWOTH)))
    return llvm::createStringError(
        folder + ": other users can write to it, and so choose the code that "
                 "models would run");
  return KernelCache(std::move(folder), std::move(generator), maxBytes);
}

std::string KernelCache::keyOf(const std::string &symbol) const {
  return generator + "\n" + symbol;
}

std::string KernelCache::entryPath(const std::string &key) const {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, llvm::toHex(digestOf(key), /*LowerCase=*/true) +
                                    kSuffix);
  return std::string(path);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static std::string encode(llvm::StringRef key,
                          const kernels::CompiledKernel &kernel) {
  std::string content(kMagic);
  for (uint64_t number : {uint64_t(key.size()), uint64_t(kernel.object.size()),
                          static_cast<uint64_t>(kernel.scratchBytes)}) {
    char bytes[8];
    llvm::support::endian::write64le(bytes, number);
    content.append(bytes, sizeof bytes);
  }
  content += key;
  content += kernel.object;
  return digestOf(content) + content;
}

/// What is wrong with `entry`, or nothing; then the numbers in it can be used.
static llvm::StringRef findDamage(llvm::StringRef entry, llvm::StringRef key) {
  if (entry.size() < kHeaderBytes)
    return "is too short";
  if (entry.take_front(kDigestBytes) !=
      digestOf(entry.drop_front(kDigestBytes)))
    return "does not have the digest it was written with";
  if (entry.substr(kDigestBytes, kMagic.size()) != kMagic)
    return "is not a kernel";
  const char *numbers = entry.data() + kDigestBytes + kMagic.size();
  uint64_t rest = entry.size() - kHeaderBytes;
  uint64_t keyBytes = llvm::support::endian::read64le(numbers);
  uint64_t objectBytes = llvm::support::endian::read64le(numbers + 8);
  if (keyBytes > rest || objectBytes != rest - keyBytes)
    return "contradicts its own length";
  if (entry.substr(kHeaderBytes, keyBytes) != key)
    return "is another kernel's";
  if (static_cast<int64_t>(llvm::support::endian::read64le(numbers + 16)) < 0)
    return "asks for a negative amount of memory";
  return "";
}

static kernels::CompiledKernel decode(llvm::StringRef entry,
                                      const std::string &symbol) {
  const char *numbers = entry.data() + kDigestBytes + kMagic.size();
  uint64_t objectBytes = llvm::support::endian::read64le(numbers + 8);
  return {symbol, entry.take_back(objectBytes).str(),
          static_cast<int64_t>(llvm::support::endian::read64le(numbers + 16))};
}

/// All of the open file `fd`, whose size is checked before memory is asked for.
static llvm::Error readEntry(int fd, std::string &out) {
  struct stat status;
  if (::fstat(fd, &status) != 0)
    return llvm::errorCodeToError(llvm::errnoAsErrorCode());
  if (!S_ISREG(status.st_mode))
    return llvm::createStringError("is not a file");
  if (static_cast<uint64_t>(status.st_size) > kMaxEntryBytes)
    return llvm::createStringError("is larger than any kernel");
  out.resize(status.st_size);
  auto size = fs::readNativeFileSlice(
      fd, llvm::MutableArrayRef(out.data(), out.size()), 0);
  if (!size)
    return size.takeError();
  out.resize(*size);
  return llvm::Error::success();
}

llvm::Expected<std::optional<kernels::CompiledKernel>>
KernelCache::find(const std::string &symbol) const {
  std::string key = keyOf(symbol), path = entryPath(key);
  // O_NONBLOCK: a pipe must not stop us here.
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT)
    return std::nullopt;
  if (fd < 0)
    return fileError(path, llvm::errnoAsErrorCode());
  std::string entry;
  llvm::Error error = readEntry(fd, entry);
  // For trim.  Fails in a folder that is only read, where it does not matter.
  (void)::futimens(fd, nullptr);
  ::close(fd);
  if (error)
    return llvm::createStringError(path + ": " +
                                   llvm::toString(std::move(error)));
  if (llvm::StringRef damage = findDamage(entry, key); !damage.empty())
    return llvm::createStringError(path + ": " + damage);
  return decode(entry, symbol);
}

llvm::Error KernelCache::store(const kernels::CompiledKernel &kernel) const {
  std::string key = keyOf(kernel.symbol), path = entryPath(key);
  std::string entry = encode(key, kernel);
  if (entry.size() > kMaxEntryBytes)
    return llvm::createStringError(path + ": the kernel is too large");
  // Not synced: an entry that a crash cuts short is found to be damaged.
  auto file = fs::TempFile::create(path + ".tmp-%%%%%%",
                                   fs::owner_read | fs::owner_write);
  if (!file)
    return fileError(path, llvm::errorToErrorCode(file.takeError()));
  llvm::raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  stream << entry;
  stream.flush();
  std::error_code failed = stream.error();
  stream.clear_error();
  if (!failed)
    failed = llvm::errorToErrorCode(file->keep(path));
  llvm::consumeError(file->discard());
  return failed ? fileError(path, failed) : llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Size limit
//===----------------------------------------------------------------------===//

namespace {
struct StoredFile {
  std::string path;
  uint64_t bytes;
  llvm::sys::TimePoint<> lastUsed;
};
} // namespace

/// Whether this is what a cache calls its files, finished ones or not.
static bool isOurs(llvm::StringRef name) {
  llvm::StringRef digest = name.take_front(2 * kDigestBytes);
  return digest.size() == 2 * kDigestBytes &&
         llvm::all_of(digest, [](char c) { return llvm::isHexDigit(c); }) &&
         name.drop_front(digest.size()).starts_with(kSuffix);
}

llvm::Error KernelCache::trim() const {
  auto now = std::chrono::system_clock::now();
  std::vector<StoredFile> entries;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; file != end && !error;
       file.increment(error)) {
    fs::file_status status;
    if (!isOurs(llvm::sys::path::filename(file->path())) ||
        fs::status(file->path(), status, /*follow=*/false) ||
        !fs::is_regular_file(status))
      continue;
    auto lastUsed = status.getLastModificationTime();
    if (llvm::StringRef(file->path()).ends_with(kSuffix)) {
      entries.push_back({file->path(), status.getSize(), lastUsed});
      total += status.getSize();
    } else if (now - lastUsed > kAbandonedAfter) {
      (void)fs::remove(file->path());
    }
  }
  if (error)
    return fileError(folder, error);
  llvm::sort(entries, [](const StoredFile &a, const StoredFile &b) {
    return a.lastUsed < b.lastUsed;
  });
  for (const StoredFile &entry : entries) {
    if (total <= maxBytes)
      break;
    // Gone already: another process trims as well.
    if (std::error_code failed = fs::remove(entry.path))
      return fileError(entry.path, failed);
    total -= entry.bytes;
  }
  return llvm::Error::success();
}
