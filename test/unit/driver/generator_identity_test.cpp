//===- generator_identity_test.cpp - What kernels depend on ---------------===//
//
// That another build has another identity, test/tools/cvt-compile/cache.test
// shows.
//
//===----------------------------------------------------------------------===//

#include "compiler/driver/generator_identity.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace cvt;

static std::string identity() { return llvm::cantFail(generatorIdentity()); }

TEST(GeneratorIdentity, IsTheSameForTheSameSettings) {
  std::string plain = identity();
  EXPECT_EQ(plain, identity());
  EXPECT_TRUE(llvm::StringRef(plain).starts_with("halide"));
  setenv("HL_LLVM_ARGS", "-x86-experimental-unordered-isel", 1);
  std::string changed = identity();
  EXPECT_NE(changed, plain);
  setenv("HL_LLVM_ARGS", "", 1);
  EXPECT_NE(identity(), changed);
  setenv("NOT_HL_LLVM_ARGS", "1", 1);
  unsetenv("HL_LLVM_ARGS");
  EXPECT_EQ(identity(), plain);
}
