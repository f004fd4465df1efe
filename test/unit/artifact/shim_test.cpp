//===- shim_test.cpp - What Halide's objects expect from outside ----------===//
//
// The shim as it is linked into artifacts, called through a probe.
//
//===----------------------------------------------------------------------===//

#include "test/unit/artifact/test_objects.h"

#include "runtime/include/cvt/abi.h"

#include <gtest/gtest.h>

#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <vector>

using namespace cvt;
using namespace cvt::test;

namespace {
/// In the order of shim_probe.c.
struct Functions {
  void *(*memset)(void *, int, size_t);
  void *(*memcpy)(void *, const void *, size_t);
  void *(*memmove)(void *, const void *, size_t);
  int (*parallelFor)(void *, int (*)(void *, int, uint8_t *), int, int,
                     uint8_t *);
  void *(*malloc)(void *, size_t);
  void (*free)(void *, void *);
  int (*outOfBounds)(void *, const char *, int, int, int, int, int);
  int (*requirementFailed)(void *, const char *, const char *);
};

class Shim : public testing::Test {
protected:
  void SetUp() override {
    ObjectFile probe("shim_probe");
    auto linked = artifact::linkSharedObject(probe.object);
    ASSERT_TRUE(!!linked) << llvm::toString(linked.takeError());
    std::string path = testing::TempDir() + "cvt-shim-probe.so";
    std::ofstream(path, std::ios::binary) << *linked;
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    std::remove(path.c_str());
    auto query = reinterpret_cast<const Functions *(*)()>(
        dlsym(library, CVT_QUERY_SYMBOL));
    ASSERT_NE(query, nullptr);
    functions = query();
  }

  void TearDown() override { dlclose(library); }

  void *library = nullptr;
  const Functions *functions = nullptr;
};
} // namespace

static const size_t sizes[] = {0,  1,  7,    15,   16,   17,      31,
                               33, 64, 1000, 1023, 1024, 4096 + 3};

TEST_F(Shim, Memset) {
  for (size_t size : sizes)
    for (size_t start : {0, 1, 13}) {
      std::vector<uint8_t> bytes(size + 64, 0xee);
      EXPECT_EQ(functions->memset(&bytes[start], 0x1a5, size), &bytes[start]);
      for (size_t i = 0; i < bytes.size(); ++i)
        ASSERT_EQ(bytes[i], i >= start && i < start + size ? 0xa5 : 0xee)
            << size << " " << start << " " << i;
    }
}

TEST_F(Shim, CopyAndMove) {
  for (size_t size : sizes)
    for (ptrdiff_t distance :
         {-2000, -64, -16, -3, -1, 0, 1, 2, 15, 16, 17, 100, 6000}) {
      std::vector<uint8_t> bytes(16384);
      for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
      std::vector<uint8_t> expected = bytes;
      uint8_t *from = &bytes[4096];
      std::memmove(&expected[4096 + distance], &expected[4096], size);
      EXPECT_EQ(functions->memmove(from + distance, from, size),
                from + distance);
      ASSERT_EQ(bytes, expected) << size << " " << distance;
      std::vector<uint8_t> copy(size + 1, 0xee);
      functions->memcpy(copy.data(), from, size);
      ASSERT_TRUE(std::equal(from, from + size, copy.begin()));
      ASSERT_EQ(copy[size], 0xee);
    }
}

TEST_F(Shim, services) {
  struct Session {
    std::string log;
    char memory[16];
  } session;
  static const cvt_services services = {
      CVT_ABI_VERSION,
      0,
      [](void *session, int32_t (*task)(void *, int32_t, uint8_t *),
         void *context, int32_t first, int32_t count, uint8_t *closure) {
        static_cast<Session *>(session)->log +=
            "loop " + std::to_string(first) + " " + std::to_string(count) + ";";
        return task(context, first, closure);
      },
      [](void *session, uint64_t bytes) -> void * {
        static_cast<Session *>(session)->log +=
            "alloc " + std::to_string(bytes) + ";";
        return static_cast<Session *>(session)->memory;
      },
      [](void *session, void *pointer) {
        EXPECT_EQ(pointer, static_cast<Session *>(session)->memory);
        static_cast<Session *>(session)->log += "free;";
      },
      [](void *session, const char *message) {
        static_cast<Session *>(session)->log += std::string(message) + ";";
      }};
  cvt_run_context context = {&services, &session};
  uint8_t closure = 9;
  EXPECT_EQ(functions->parallelFor(
                &context,
                [](void *, int index, uint8_t *closure) {
                  return index * 10 + *closure;
                },
                3, 5, &closure),
            39);
  EXPECT_EQ(functions->malloc(&context, 1000), session.memory);
  functions->free(&context, session.memory);
  functions->free(&context, nullptr);
  EXPECT_EQ(functions->outOfBounds(&context, "input", 1, -3, 9, 0, INT32_MIN),
            -4);
  EXPECT_EQ(functions->requirementFailed(&context, "x > 0", nullptr), -27);
  const std::string endless(10000, 'x');
  EXPECT_EQ(functions->requirementFailed(&context, "c", endless.c_str()), -27);
  const std::string expected =
      "loop 3 5;alloc 1000;free;"
      "kernel check failed: access out of bounds: input (1, -3, 9, 0, "
      "-2147483648);kernel check failed: x > 0: (null);kernel check failed: c: "
      "xxx";
  EXPECT_EQ(session.log.substr(0, expected.size()), expected);
  EXPECT_LT(session.log.size(), 1000u) << "messages are cut";
}
