//===- link_test.cpp - Objects to a self-contained shared object ----------===//
//
// What lld makes passes the runtime's checks; what would not is refused with a
// sentence that says why.
//
//===----------------------------------------------------------------------===//

#include "test/unit/artifact/test_objects.h"

#include "runtime/src/elf_check.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace cvt;
using namespace cvt::test;

static std::string errorOf(llvm::ArrayRef<artifact::Object> objects) {
  auto linked = artifact::linkSharedObject(objects);
  return linked ? "" : llvm::toString(linked.takeError());
}

TEST(Link, PassesTheRuntimesChecks) {
  ObjectFile program("program");
  // Several times in one process.
  std::string first;
  for (int i = 0; i < 3; ++i) {
    auto linked = artifact::linkSharedObject(program.object);
    ASSERT_TRUE(!!linked) << llvm::toString(linked.takeError());
    Refusal refusal = checkElf(
        {reinterpret_cast<const uint8_t *>(linked->data()), linked->size()});
    EXPECT_FALSE(refusal) << *refusal;
    EXPECT_TRUE(first.empty() || first == *linked) << "not deterministic";
    first = *linked;
  }
  EXPECT_EQ(first.find("computeImage"), std::string::npos)
      << "local names are left";
}

TEST(Link, RelocatableFirst) {
  ObjectFile program("program"), probe("shim_probe");
  auto joined = artifact::linkRelocatable(program.object);
  ASSERT_TRUE(!!joined) << llvm::toString(joined.takeError());
  EXPECT_EQ(errorOf({{"joined", *joined}}), "");
  auto twice = artifact::linkRelocatable({program.object, probe.object});
  EXPECT_EQ(llvm::toString(twice.takeError()),
            "cannot link the compiled code: duplicate symbol: "
            "cvt_program_query_v1");
}

TEST(Link, FromManyThreads) {
  ObjectFile program("program");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { EXPECT_EQ(errorOf(program.object), ""); });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Link, UndefinedSymbols) {
  EXPECT_EQ(errorOf(ObjectFile("undefined").object),
            "compiled code needs symbols that an artifact does not have: cosf, "
            "expf, sinf, tanhf, powf and 2 more");
  // And the linker works again after that.
  EXPECT_EQ(errorOf(ObjectFile("program").object), "");
}

TEST(Link, Constructors) {
  EXPECT_EQ(errorOf(ObjectFile("constructor").object),
            "compiled code must not have a dynamic entry INIT_ARRAY, which "
            "would run or load other code");
}

TEST(Link, TextRelocations) {
  std::string error = errorOf(ObjectFile("textrel").object);
  EXPECT_NE(error.find("cannot link the compiled code: "), std::string::npos)
      << error;
  EXPECT_NE(error.find("R_X86_64_64"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

TEST(Link, NoQuery) {
  std::string error = errorOf(ObjectFile("no_query").object);
  EXPECT_NE(error.find("cvt_program_query_v1"), std::string::npos) << error;
}

TEST(Link, TwoQueries) {
  ObjectFile program("program"), probe("shim_probe");
  std::string error = errorOf({program.object, probe.object});
  EXPECT_NE(error.find("duplicate symbol: cvt_program_query_v1"),
            std::string::npos)
      << error;
}

TEST(Link, NotAnObject) {
  std::string error = errorOf({{"kernel_17", "this is no object"}});
  EXPECT_NE(error.find("kernel_17"), std::string::npos) << error;
  EXPECT_EQ(error.find('/'), std::string::npos) << error;
}

/// A file system of `bytes` bytes at TMPDIR, for this process alone.
static bool mountTemporaryFolder(const std::string &folder, size_t bytes) {
  std::string options = "size=" + std::to_string(bytes);
  return mount("test", folder.c_str(), "tmpfs", 0, options.c_str()) == 0 &&
         setenv("TMPDIR", folder.c_str(), 1) == 0;
}

/// Links in ever larger temporary folders, from one that is too small for the
/// inputs to one that is not too small for the output.  Ends the process: 0 if
/// all is well, 2 where nothing can be mounted.
[[noreturn]] static void linkInSmallFolders() {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
    std::_Exit(2);
  std::string folder = testing::TempDir() + "cvt-small-XXXXXX";
  if (!mkdtemp(folder.data()) ||
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    std::_Exit(2);
  ObjectFile program("program");
  std::string error;
  size_t failures = 0, pages = 2;
  do {
    if (!mountTemporaryFolder(folder, pages * 4096))
      std::_Exit(2);
    error = errorOf(program.object);
    umount(folder.c_str());
    if (!error.empty() && error.find(" for the linker") == std::string::npos)
      std::_Exit(1);
    failures += !error.empty();
  } while (!error.empty() && ++pages < 100);
  rmdir(folder.c_str());
  std::_Exit(error.empty() && failures > 2 ? 0 : 1);
}

TEST(Link, FullDisk) {
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0)
    linkInSmallFolders();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == 2)
    GTEST_SKIP() << "no file system of a given size can be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
