//===- allocation_test.cpp - cvt_session_run allocates nothing ------------===//
//
// Replaces this program's malloc by one that counts.  Sanitizers replace it
// themselves, so this is left out of their builds.
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/test_artifact.h"

#include <gtest/gtest.h>

#include <atomic>

using namespace cvt;
using namespace cvt::test;

static std::atomic<int> allocations{0};

extern "C" {
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void *realloc(void *old, size_t bytes) {
  ++allocations;
  return __libc_realloc(old, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
}

TEST(Allocation, NoneWhileRunning) {
  TestFile file(makeGoodArtifact());
  ModelPtr model = openModel(file.path());
  ASSERT_TRUE(model);
  for (int threads : {1, 2, 4}) {
    SessionPtr session = openSession(model.get(), threads);
    ASSERT_TRUE(session);
    std::vector<float> images(4 * 48, 10);
    float logits[8], hidden[12];
    float *outputs[] = {logits, hidden};
    const int before = allocations;
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(
          cvt_session_run(session.get(), images.data(), 1 + i % 4, outputs),
          nullptr);
    EXPECT_EQ(allocations, before);
  }
  const int before = allocations;
  EXPECT_TRUE(Status(cvt_session_run(nullptr, nullptr, 0, nullptr)));
  EXPECT_GT(allocations, before) << "failures allocate a message";
}
