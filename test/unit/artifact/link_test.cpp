//===- link_test.cpp - Objects to a self-contained shared object ----------===//
//
// What lld makes passes the runtime's checks; what would not is refused with a
// sentence that says why.
//
//===----------------------------------------------------------------------===//

#include "test/unit/artifact/test_objects.h"

#include "runtime/src/elf_check.h"

#include <gtest/gtest.h>

#include <thread>

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
