//===- kernel_cache_test.cpp - Compiled kernels in a folder ---------------===//
//
// What is stored is found, by its own key only; whatever happens to the files,
// a kernel that is found is the one that was stored.
//
//===----------------------------------------------------------------------===//

#include "test/unit/driver/cache_folder.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

#include <chrono>
#include <cstring>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cvt;
using kernels::CompiledKernel;
namespace fs = std::filesystem;

namespace {

class KernelCacheTest : public CacheFolder {
protected:
  /// The only entry, after storing kernel "a".
  fs::path storeOne(const KernelCache &cache) {
    EXPECT_EQ(message(cache.store(kernel("a"))), "");
    EXPECT_EQ(files().size(), 1u);
    return files()[0];
  }

  static CompiledKernel kernel(const std::string &symbol,
                               const std::string &object = "some code") {
    return {symbol, object, 1280};
  }

  static std::string message(llvm::Error error) {
    return llvm::toString(std::move(error));
  }

  /// The object found, "" for a miss, and what is wrong for a damaged entry.
  static std::string find(const KernelCache &cache,
                          const std::string &symbol = "a") {
    auto found = cache.find(symbol);
    if (!found)
      return message(found.takeError());
    if (!*found)
      return "";
    EXPECT_EQ((*found)->symbol, symbol);
    EXPECT_EQ((*found)->scratchBytes, 1280);
    return (*found)->object;
  }

  /// `content` behind its own digest: what a careful forger would write.
  static std::string withDigest(const std::string &content) {
    llvm::XXH128_hash_t hash =
        llvm::xxh3_128bits(llvm::arrayRefFromStringRef(content));
    std::string digest(16, '\0');
    llvm::support::endian::write64le(digest.data(), hash.low64);
    llvm::support::endian::write64le(digest.data() + 8, hash.high64);
    return digest + content;
  }

  /// The entry with one of the three numbers in its header replaced.
  static std::string withNumber(std::string entry, int index, uint64_t value) {
    llvm::support::endian::write64le(entry.data() + 24 + 8 * index, value);
    return withDigest(entry.substr(16));
  }

  static void setAge(const fs::path &path, std::chrono::hours age) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Hits and misses
//===----------------------------------------------------------------------===//

TEST_F(KernelCacheTest, FindsWhatWasStoredAlsoInAnotherProcess) {
  EXPECT_EQ(find(open()), "");
  storeOne(open());
  EXPECT_EQ(find(open()), "some code");
  EXPECT_EQ(find(open(), "b"), "");
}

TEST_F(KernelCacheTest, KeepsGeneratorsApart) {
  storeOne(open("generator 1"));
  EXPECT_EQ(find(open("generator 2")), "");
  EXPECT_EQ(find(open("generator 1")), "some code");
}

TEST_F(KernelCacheTest, StoresAnyBytesAndReplaces) {
  KernelCache cache = open();
  std::string object("\0\n\xff", 3);
  EXPECT_EQ(message(cache.store(kernel("a", object))), "");
  EXPECT_EQ(find(cache), object);
  EXPECT_EQ(message(cache.store(kernel("a", "newer"))), "");
  EXPECT_EQ(find(cache), "newer");
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(KernelCacheTest, IsPrivate) {
  fs::path entry = storeOne(open());
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(entry).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(KernelCacheTest, DefaultFolderFollowsTheXdgSpecification) {
  setenv("HOME", "/home/someone", 1);
  setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(KernelCache::defaultFolder(), "/caches/cvtc");
  for (const char *ignored : {"", "relative"}) {
    setenv("XDG_CACHE_HOME", ignored, 1);
    EXPECT_EQ(KernelCache::defaultFolder(), "/home/someone/.cache/cvtc");
  }
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(KernelCache::defaultFolder(), "");
}

//===----------------------------------------------------------------------===//
// Damaged entries
//===----------------------------------------------------------------------===//

TEST_F(KernelCacheTest, EveryTruncationIsDamage) {
  KernelCache cache = open();
  fs::path path = storeOne(cache);
  std::string whole = read(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    write(path, whole.substr(0, size));
    EXPECT_EQ(find(cache),
              path.string() + (size < 48 ? ": is too short"
                                         : ": does not have the digest it was "
                                           "written with"));
  }
  write(path, whole);
  EXPECT_EQ(find(cache), "some code");
}

TEST_F(KernelCacheTest, EveryFlippedBitIsDamage) {
  KernelCache cache = open();
  fs::path path = storeOne(cache);
  std::string whole = read(path);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] ^= 1 << bit % 8;
    write(path, flipped);
    EXPECT_EQ(find(cache),
              path.string() + ": does not have the digest it was written with");
  }
  write(path, whole + '\0');
  EXPECT_EQ(find(cache),
            path.string() + ": does not have the digest it was written with");
}

TEST_F(KernelCacheTest, ForgedNumbersReadNothingOutsideOfTheEntry) {
  KernelCache cache = open();
  fs::path path = storeOne(cache);
  std::string whole = read(path);
  for (int index : {0, 1})
    for (uint64_t value :
         {uint64_t(0), uint64_t(1) << 40, UINT64_MAX, UINT64_MAX - 11}) {
      write(path, withNumber(whole, index, value));
      EXPECT_EQ(find(cache), path.string() + ": contradicts its own length");
    }
  // The sum wraps around to the right one.
  std::string forged = withNumber(whole, 0, UINT64_MAX);
  uint64_t wrapped = whole.size() - 48 + 1;
  write(path, withNumber(forged, 1, wrapped));
  EXPECT_EQ(find(cache), path.string() + ": contradicts its own length");
  write(path, withNumber(whole, 2, UINT64_MAX));
  EXPECT_EQ(find(cache),
            path.string() + ": asks for a negative amount of memory");
  std::string otherMagic = whole.substr(16);
  otherMagic[7] = '2';
  write(path, withDigest(otherMagic));
  EXPECT_EQ(find(cache), path.string() + ": is not a kernel");
}

TEST_F(KernelCacheTest, AnEntryUnderAnotherNameIsDamage) {
  KernelCache cache = open();
  fs::path a = storeOne(cache);
  EXPECT_EQ(message(cache.store(kernel("b", "code of b"))), "");
  for (const fs::path &path : files())
    if (path != a)
      fs::copy_file(path, a, fs::copy_options::overwrite_existing);
  EXPECT_EQ(find(cache), a.string() + ": is another kernel's");
}

TEST_F(KernelCacheTest, WhatIsNoEntryDoesNotBlockOrFillMemory) {
  KernelCache cache = open();
  fs::path path = storeOne(cache);
  // A sparse file of a terabyte.
  fs::resize_file(path, uint64_t(1) << 40);
  EXPECT_EQ(find(cache), path.string() + ": is larger than any kernel");
  fs::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(find(cache), path.string() + ": is not a file");
  EXPECT_EQ(message(cache.store(kernel("a"))), "");
  EXPECT_EQ(find(cache), "some code");
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(find(cache), path.string() + ": is not a file");
}

TEST_F(KernelCacheTest, StoringRepairs) {
  KernelCache cache = open();
  fs::path path = storeOne(cache);
  write(path, "rubbish");
  EXPECT_EQ(message(cache.store(kernel("a"))), "");
  EXPECT_EQ(find(cache), "some code");
}

//===----------------------------------------------------------------------===//
// Folders that do not do
//===----------------------------------------------------------------------===//

TEST_F(KernelCacheTest, RefusesFoldersThatAreNone) {
  auto refusal = [](const std::string &folder) {
    auto cache = KernelCache::open(folder, "generator");
    return cache ? "" : message(cache.takeError());
  };
  EXPECT_EQ(refusal(""), "there is no folder for it: neither XDG_CACHE_HOME "
                         "nor HOME is set");
  write(folder, "");
  EXPECT_EQ(refusal(folder), folder + ": is not a folder");
  EXPECT_EQ(refusal(folder + "/below"), folder + "/below: Not a directory");
}

TEST_F(KernelCacheTest, RefusesFoldersThatOthersCanWriteTo) {
  fs::create_directory(folder);
  std::string expected = folder + ": other users can write to it, and so "
                                  "choose the code that models would run";
  for (mode_t mode : {0777, 0770, 0707}) {
    ASSERT_EQ(chmod(folder.c_str(), mode), 0);
    EXPECT_EQ(message(KernelCache::open(folder, "generator").takeError()),
              expected);
  }
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  open();
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give a folder to another user";
  ASSERT_EQ(chown(folder.c_str(), 12345, 12345), 0);
  EXPECT_EQ(message(KernelCache::open(folder, "generator").takeError()),
            expected);
}

TEST_F(KernelCacheTest, AFolderThatVanishesIsAnErrorNotACrash) {
  KernelCache cache = open();
  fs::remove_all(folder);
  EXPECT_EQ(find(cache), "");
  EXPECT_NE(message(cache.store(kernel("a"))).find("No such file"),
            std::string::npos);
  EXPECT_EQ(message(cache.trim()), folder + ": No such file or directory");
}

TEST_F(KernelCacheTest, ReadsFromAFolderThatItCannotWrite) {
  storeOne(open());
  ASSERT_EQ(chmod(folder.c_str(), 0500), 0);
  // Root may write anywhere: another user tries, whose folder it is.
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool isRoot = geteuid() == 0;
    constexpr uid_t nobody = 65534;
    if (isRoot && (chown(top.c_str(), nobody, nobody) ||
                   chown(folder.c_str(), nobody, nobody) ||
                   chown(files()[0].c_str(), nobody, nobody) || setuid(nobody)))
      _exit(2);
    KernelCache cache = open();
    bool found = find(cache) == "some code";
    std::string failure = message(cache.store(kernel("b")));
    bool refused = failure.find("Permission denied") != std::string::npos;
    _exit(found && refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(chmod(folder.c_str(), 0700), 0);
  EXPECT_EQ(status, 0);
}

//===----------------------------------------------------------------------===//
// Size limit
//===----------------------------------------------------------------------===//

TEST_F(KernelCacheTest, TrimRemovesWhatWasNotUsedForLongest) {
  const std::string object(1000, 'x');
  KernelCache cache = open("generator", 3500);
  for (const char *symbol : {"a", "b", "c", "d"}) {
    EXPECT_EQ(message(cache.store(kernel(symbol, object))), "");
    for (const fs::path &path : files())
      setAge(path, std::chrono::hours(files().size()));
  }
  // All are equally old now; using makes young.
  EXPECT_EQ(find(cache, "a"), object);
  EXPECT_EQ(find(cache, "c"), object);
  EXPECT_EQ(find(cache, "d"), object);
  EXPECT_EQ(message(cache.trim()), "");
  EXPECT_EQ(files().size(), 3u);
  EXPECT_EQ(find(cache, "b"), "");
  EXPECT_EQ(message(cache.trim()), "");
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(KernelCacheTest, TrimLeavesOthersFilesAlone) {
  KernelCache cache = open("generator", 0);
  fs::path entry = storeOne(cache);
  fs::path mine = fs::path(folder) / "notes.kernel";
  fs::path unfinished = entry.string() + ".tmp-abcdef";
  fs::path abandoned = entry.string() + ".tmp-012345";
  for (const fs::path &path : {mine, unfinished, abandoned})
    write(path, std::string(5000, 'x'));
  setAge(mine, std::chrono::hours(1000));
  setAge(abandoned, std::chrono::hours(2));
  EXPECT_EQ(message(cache.trim()), "");
  EXPECT_FALSE(fs::exists(entry));
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_TRUE(fs::exists(mine));
  EXPECT_TRUE(fs::exists(unfinished));
}

//===----------------------------------------------------------------------===//
// Many at once
//===----------------------------------------------------------------------===//

/// Stores, finds and trims some symbols again and again; whether all that was
/// found was right.
static bool useRepeatedly(const KernelCache &cache, int rounds) {
  for (int round = 0; round < rounds; ++round)
    for (char letter : {'a', 'b', 'c', 'd'}) {
      std::string symbol(1, letter), object(20000, letter);
      auto found = cache.find(symbol);
      if (!found) {
        llvm::consumeError(found.takeError());
        return false;
      }
      if (*found && (*found)->object != object)
        return false;
      llvm::Error error = cache.store({symbol, object, 0});
      error = llvm::joinErrors(std::move(error), cache.trim());
      if (error) {
        llvm::consumeError(std::move(error));
        return false;
      }
    }
  return true;
}

TEST_F(KernelCacheTest, ThreadsAndProcessesShareAFolder) {
  KernelCache cache = open("generator", 50000);
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      _exit(useRepeatedly(cache, 50) ? 0 : 1);
    children.push_back(child);
  }
  std::vector<char> right(3);
  {
    std::vector<std::jthread> threads;
    for (char &result : right)
      threads.emplace_back([&] { result = useRepeatedly(cache, 50); });
  }
  EXPECT_EQ(right, std::vector<char>(3, 1));
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  // Nothing unfinished is left, and the limit holds.
  EXPECT_LE(files().size(), 2u);
  for (const fs::path &path : files())
    EXPECT_EQ(path.extension(), ".kernel");
}
