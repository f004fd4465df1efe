//===- compile_kernel_test.cpp - Objects that depend on specs only --------===//

#include "test/unit/kernels/kernel_host.h"

#include <HalideBuffer.h>
#include <gtest/gtest.h>

#include <thread>

using namespace cvt::kernels;

static std::string objectOf(const std::string &name) {
  auto spec = parseSymbolName(name);
  if (!spec)
    return "not a kernel: " + name;
  auto kernel = compileKernel(*spec);
  return kernel ? kernel->object : toString(kernel.takeError());
}

static const char *const kNames[] = {
    "linear_n20_k16_m7_bias_residual_gelu_f32_x86_64_v3",
    "dwconv_c16_h5_w5_k3_s1p1_s2p1_s2p1_f32_x86_64_v4",
    "conv_nhwc_c16_h9_w9_n32_k3_s2_p1_bias_f32_znver4",
    "attention_h2_d16_q20_k30_scale3e000000_f32_znver4",
    "layer_norm_c33_t9_eps3727c5ac_f32_x86_64_v3",
    "avg_pool_c20_h5_w5_k3_s2_p1_f32_znver4"};

// Halide makes names unique with counters of the process, and sorts by name.
TEST(CompileKernel, SameBytesInAnyOrderAndThread) {
  std::vector<std::string> first;
  for (const char *name : kNames)
    first.push_back(objectOf(name));
  auto compare = [&](size_t start) {
    for (size_t i = 0; i < first.size(); i++) {
      size_t at = (start + 5 * i) % first.size();
      EXPECT_TRUE(objectOf(kNames[at]) == first[at]) << kNames[at];
    }
  };
  // Enough for the counters to get more digits.
  for (size_t start = 0; start < 3; start++)
    compare(start);
  std::thread other([&] { compare(1); });
  compare(4);
  other.join();
}

TEST(CompileKernel, NamesTheKernelInErrors) {
  auto kernel = compileKernel({LinearSpec{1, 0, 1}});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(toString(kernel.takeError()),
            "kernel spec linear: k is 0, but must be from 1 to 16777216");
}

TEST(CompileKernel, ScratchIsKnown) {
  auto needs = [](const char *name) -> int64_t {
    auto kernel = compileKernel(*parseSymbolName(name));
    return kernel ? kernel->scratchBytes : -1;
  };
  EXPECT_EQ(needs("linear_n64_k64_m196_f32_znver4"), 0);
  // Scores and their powers of a block of queries.
  int64_t attention =
      needs("attention_h1_d64_q3136_k784_scale3e000000_f32_znver4");
  EXPECT_GE(attention, 2 * 16 * 784 * 4);
  EXPECT_LE(attention, 1 << 20);
  EXPECT_EQ(attention % 128, 0);
}

TEST(CompileKernel, LinearKernelsAskForWeightsAhead) {
  auto prefetches = [](const std::string &object) {
    // The opcode of PREFETCHh.
    return object.find("\x0f\x18") != std::string::npos;
  };
  for (const char *name :
       {"linear_n64_k64_m196_f32_znver4", "linear_n64_k64_m196_bf16_znver4",
        "linear_n64_k64_m196_i8_znver4", "linear_n64_k64_m196_f32_x86_64_v3"})
    EXPECT_TRUE(prefetches(objectOf(name))) << name;
  // Weights that are widened are read once in a task.
  for (const char *name : {"linear_n64_k64_m196_bf16_x86_64_v4",
                           "linear_n64_k64_m196_i8_x86_64_v3"})
    EXPECT_FALSE(prefetches(objectOf(name))) << name;
  EXPECT_FALSE(
      prefetches(objectOf("layer_norm_c64_t9_eps3727c5ac_f32_znver4")));
}

TEST(CompileKernel, LackOfMemoryIsAnError) {
  const char *name = "attention_h1_d8_q9_k3000_scale3e000000_f32_x86_64_v3";
  auto kernel = LoadedKernel::make(*parseSymbolName(name), /*asserts=*/false);
  ASSERT_TRUE(bool(kernel)) << toString(kernel.takeError());
  Halide::Runtime::Buffer<float> q(8, 9, 2), k(8, 3000, 2), v(8, 3000, 2),
      out(8, 9, 2);
  for (auto *buffer : {&q, &k, &v})
    buffer->fill(1);
  std::vector<halide_buffer_t *> arguments = {q, k, v, out};
  for (int threads : {1, 2})
    EXPECT_EQ(kernel->run(arguments, threads, /*memory=*/false),
              "out of memory");
  EXPECT_EQ(kernel->run(arguments, 2), "");
}

TEST(CompileKernel, HalideVersionIsThatOfTheLibrary) {
  EXPECT_EQ(halideVersion().substr(0, 3), "21.");
}
