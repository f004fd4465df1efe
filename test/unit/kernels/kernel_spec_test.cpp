//===- kernel_spec_test.cpp - Kernel specs, their names and costs ---------===//

#include "compiler/kernels/kernel_spec.h"

#include <gtest/gtest.h>

#include <set>

using namespace cvt::kernels;

static const struct {
  KernelSpec spec;
  const char *name;
} kNamed[] = {
    {{LinearSpec{384, 1536, 197, true, true, Activation::None},
      CpuTarget::Znver4},
     "linear_n384_k1536_m197_bias_residual_f32_znver4"},
    {{LinearSpec{10, 48, 1, false, false, Activation::QuickGelu}},
     "linear_n10_k48_m1_quick_gelu_f32_x86_64_v3"},
    {{LinearSpec{64, 16, 50, true, false, Activation::Gelu}, CpuTarget::X86V4},
     "linear_n64_k16_m50_bias_gelu_f32_x86_64_v4"},
    {{ConvSpec{ImageLayout::Nchw, 3, 224, 192, 64, 7, 4, 2, true}},
     "conv_nchw_c3_h224_w192_n64_k7_s4_p2_bias_f32_x86_64_v3"},
    {{ConvSpec{ImageLayout::Nhwc, 64, 56, 56, 192, 3, 2, 1, false}},
     "conv_nhwc_c64_h56_w56_n192_k3_s2_p1_f32_x86_64_v3"},
    {{ConvSpec{ImageLayout::Nchw, 3, 224, 224, 64, 7, 4, 2, true},
      CpuTarget::Znver4,
      {Element::Bf16, Element::F32, Element::F32}},
     "conv_nchw_c3_h224_w224_n64_k7_s4_p2_bias_bf16_in_f32_out_f32_znver4"},
    {{ConvSpec{ImageLayout::Nhwc, 64, 56, 56, 192, 3, 2, 1, true},
      CpuTarget::Znver4,
      {Element::I8, Element::F32, Element::F32}},
     "conv_nhwc_c64_h56_w56_n192_k3_s2_p1_bias_i8_in_f32_znver4"},
    {{DepthwiseConvSpec{64, 56, 48, 3, {{1, 1}, {2, 1}, {2, 0}}}},
     "dwconv_c64_h56_w48_k3_s1p1_s2p1_s2p0_f32_x86_64_v3"},
    {{AttentionSpec{6, 64, 197, 50, 0.125f}},
     "attention_h6_d64_q197_k50_scale3e000000_f32_x86_64_v3"},
    {{AttentionSpec{1, 3, 2, 1, -0.f}},
     "attention_h1_d3_q2_k1_scale80000000_f32_x86_64_v3"},
    {{LayerNormSpec{384, 197, 1e-5f}},
     "layer_norm_c384_t197_eps3727c5ac_f32_x86_64_v3"},
    {{ElementwiseSpec{ElementwiseOp::Add, 5, 7}},
     "elementwise_add_c5_t7_f32_x86_64_v3"},
    {{ElementwiseSpec{ElementwiseOp::QuickGelu, 5, 7}},
     "elementwise_quick_gelu_c5_t7_f32_x86_64_v3"},
    {{CopySpec{384, 1}}, "copy_c384_t1_f32_x86_64_v3"},
    {{ToNchwSpec{384, 196}}, "to_nchw_c384_t196_f32_x86_64_v3"},
    {{TokenMeanSpec{384, 196}}, "token_mean_c384_t196_f32_x86_64_v3"},
    {{AvgPoolSpec{64, 56, 55, 3, 2, 1}},
     "avg_pool_c64_h56_w55_k3_s2_p1_f32_x86_64_v3"},
    {{LinearSpec{64, 16, 50, true}, CpuTarget::Znver4,
      Formats::of(Element::Bf16)},
     "linear_n64_k16_m50_bias_bf16_znver4"},
    {{LinearSpec{64, 16, 50, true, true},
      CpuTarget::Znver4,
      {Element::Bf16, Element::Bf16, Element::F32}},
     "linear_n64_k16_m50_bias_residual_bf16_out_f32_znver4"},
    {{LinearSpec{64, 16, 50, true}, CpuTarget::Znver4,
      Formats::of(Element::I8)},
     "linear_n64_k16_m50_bias_i8_znver4"},
    {{AttentionSpec{1, 4, 2, 1, -0.f}, CpuTarget::Znver4,
      Formats::of(Element::Bf16)},
     "attention_h1_d4_q2_k1_scale80000000_bf16_znver4"},
    {{AttentionSpec{1, 4, 2, 1, -0.f},
      CpuTarget::Znver4,
      {Element::I8, Element::Bf16, Element::F32}},
     "attention_h1_d4_q2_k1_scale80000000_i8_in_bf16_znver4"},
    {{LayerNormSpec{384, 197, 1e-5f},
      CpuTarget::Znver4,
      {Element::F32, Element::F32, Element::Bf16}},
     "layer_norm_c384_t197_eps3727c5ac_f32_out_bf16_znver4"},
    {{CopySpec{384, 1}, CpuTarget::Znver4, Formats::of(Element::Bf16)},
     "copy_c384_t1_bf16_znver4"},
    {{QuantizeSpec{384, 197},
      CpuTarget::Znver4,
      {Element::F32, Element::Bf16, Element::U8}},
     "quantize_c384_t197_f32_in_bf16_out_u8_znver4"}};

TEST(KernelSpec, NamesAreParsedBack) {
  std::set<size_t> families;
  for (const auto &[spec, name] : kNamed) {
    EXPECT_EQ(symbolName(spec), name);
    EXPECT_EQ(parseSymbolName(name), spec) << name;
    families.insert(spec.family.index());
  }
  EXPECT_EQ(families.size(), std::variant_size_v<decltype(KernelSpec::family)>);
}

// Every name that is one character away from a good one is another good one
// or none.
TEST(KernelSpec, NamesHaveOneSpelling) {
  for (const auto &[spec, name] : kNamed) {
    const std::string good = name;
    for (size_t i = 0; i < good.size(); i++) {
      std::string without = good;
      without.erase(i, 1);
      for (std::string bad : {without, good.substr(0, i),
                              good.substr(0, i) + "0" + good.substr(i),
                              good.substr(0, i) + "_" + good.substr(i)})
        if (auto parsed = parseSymbolName(bad)) {
          EXPECT_EQ(symbolName(*parsed), bad);
        }
    }
  }
  for (const char *bad :
       {"",
        "_",
        "linear",
        "linear_n0_k1_m1_f32_znver4",
        "linear_n01_k1_m1_f32_znver4",
        "linear_n+1_k1_m1_f32_znver4",
        "linear_n1_k1_m1_gelu_bias_f32_znver4",
        "linear_n1_k1_m1_f16_znver4",
        "linear_n1_k1_m1_f32_znver9",
        "linear_n1_k1_m1_f32_znver4_",
        "linear_n99999999999999999999_k1_m1_f32_znver4",
        "attention_h1_d1_q1_k1_scale7f800000_f32_znver4",
        "attention_h1_d1_q1_k1_scale3E000000_f32_znver4",
        "attention_h1_d3_q1_k1_scale3e000000_bf16_znver4",
        "attention_h1_d2_q1_k1_scale3e000000_bf16_in_f32_znver4",
        "linear_n1_k3_m1_bf16_znver4",
        "linear_n1_k6_m1_i8_znver4",
        "linear_n1_k2_m1_residual_bf16_znver4",
        "linear_n1_k1_m1_f32_in_f32_znver4",
        "linear_n1_k1_m1_u8_znver4",
        "elementwise_add_c5_t7_bf16_znver4",
        "conv_nhwc_c8_h3_w3_n4_k3_s1_p1_i8_znver4",
        "conv_nhwc_c6_h3_w3_n4_k3_s1_p1_i8_in_f32_znver4",
        "conv_nchw_c8_h3_w3_n4_k3_s1_p1_i8_in_f32_znver4",
        "dwconv_c1_h1_w1_k1_f32_znver4",
        "dwconv_c1_h1_w1_k1_s1p0_s1p0_s1p0_s1p0_f32_znver4"})
    EXPECT_EQ(parseSymbolName(bad), std::nullopt) << bad;
}

static std::string verifyError(const KernelSpec &spec) {
  return toString(verifyKernelSpec(spec));
}

TEST(KernelSpec, ErrorsNameFieldAndValue) {
  EXPECT_EQ(verifyError({LinearSpec{0, 1, 1}}),
            "kernel spec linear: n is 0, but must be from 1 to 16777216");
  EXPECT_EQ(verifyError({ConvSpec{ImageLayout::Nchw, 3, 4, 9, 8, 7, 1, 1}}),
            "kernel spec conv: a kernel of 7 does not fit into an image of 4x9 "
            "with a padding of 1");
  EXPECT_EQ(verifyError({DepthwiseConvSpec{1, 4, 4, 3, {}}}),
            "kernel spec dwconv: there are 0 outputs, but must be 1 to 3");
  EXPECT_EQ(verifyError({DepthwiseConvSpec{1, 4, 4, 3, {{1, 1}, {0, 1}}}}),
            "kernel spec dwconv: s is 0, but must be from 1 to 4096");
  EXPECT_EQ(verifyError({AvgPoolSpec{1, 4, 4, 3, 2, 2}}),
            "kernel spec avg_pool: padding is 2, but must be at most half of "
            "the kernel's 3");
  EXPECT_EQ(verifyError({AttentionSpec{1, 1, 1, 1, 1.f / 0.f}}),
            "kernel spec attention: scale is not finite");
  EXPECT_EQ(
      verifyError({LinearSpec{1, 65540, 1}, {}, Formats::of(Element::I8)}),
      "kernel spec linear: sums of more than 65536 products of bytes do "
      "not fit into 32 bits");
  const Formats bytes = {Element::I8, Element::Bf16, Element::F32};
  EXPECT_EQ(verifyError({AttentionSpec{1, 4, 1, 65537, 1}, {}, bytes}),
            "kernel spec attention: sums of more than 65536 products of bytes "
            "do not fit into 32 bits");
  const Formats inside = {Element::I8, Element::F32, Element::F32};
  EXPECT_EQ(
      verifyError(
          {ConvSpec{ImageLayout::Nhwc, 65540, 1, 1, 1, 1, 1, 0}, {}, inside}),
      "kernel spec conv: sums of more than 65536 products of bytes do "
      "not fit into 32 bits");
  EXPECT_EQ(verifyError({LinearSpec{1 << 20, 1 << 20, 1}}),
            "kernel spec linear: buffer w has more than 2^31 - 1 elements");
}

TEST(KernelSpec, OutputExtents) {
  EXPECT_EQ(convOutputExtent(224, 7, 4, 2), 56);
  EXPECT_EQ(convOutputExtent(56, 3, 2, 1), 28);
  EXPECT_EQ(convOutputExtent(1, 3, 2, 1), 1);
  // As torch.nn.AvgPool2d with ceil_mode gives.
  EXPECT_EQ(avgPoolOutputExtent(4, 3, 2, 1), 3);
  EXPECT_EQ(avgPoolOutputExtent(5, 2, 2, 0), 3);
  EXPECT_EQ(avgPoolOutputExtent(3, 2, 4, 1), 1);
  EXPECT_EQ(avgPoolOutputExtent(1, 3, 3, 0), 1);
  EXPECT_EQ(avgPoolOutputExtent(1, 3, 2, 0), 0);
}

TEST(KernelSpec, ArgumentsAndCosts) {
  KernelSpec spec{LinearSpec{1000, 384, 2, true, true}, CpuTarget::Znver4};
  std::vector<KernelArgument> arguments = kernelArguments(spec);
  ASSERT_EQ(arguments.size(), 5u);
  const int64_t width = packedPanelWidth(spec);
  const int64_t panels = (1000 + width - 1) / width;
  EXPECT_EQ(arguments[0].extents, (std::vector<int64_t>{384, kRuntimeExtent}));
  EXPECT_EQ(arguments[1].extents, (std::vector<int64_t>{width, 384, panels}));
  EXPECT_EQ(arguments[2].extents, (std::vector<int64_t>{panels * width}));
  EXPECT_EQ(arguments[3].name, "residual");
  EXPECT_EQ(arguments[4].role, ArgumentRole::Output);
  EXPECT_EQ(flopsPerImage(spec), 2 * 2 * 1000 * 384);
  EXPECT_EQ(bytesPerImage(spec),
            4 * (2 * 384 + panels * width * 385 + 2 * 1000 + 2 * 1000));
}

// A packing is stored once for all targets that share it.
TEST(KernelSpec, PanelsDependOnColumnsAndLanesOnly) {
  for (int64_t n : {10, 64, 192, 384, 1000}) {
    KernelSpec one{LinearSpec{n, 64, 1}, CpuTarget::X86V4};
    KernelSpec two{LinearSpec{n, 32, 3136, true, true}, CpuTarget::Znver4};
    KernelSpec conv{ConvSpec{ImageLayout::Nhwc, 8, 9, 9, n, 3, 1, 1},
                    CpuTarget::Znver4};
    EXPECT_EQ(packedPanelWidth(one), packedPanelWidth(two));
    EXPECT_EQ(packedPanelWidth(one), packedPanelWidth(conv));
  }
}

TEST(CpuTarget, NamesAndFeatures) {
  for (CpuTarget target : kCpuTargets)
    EXPECT_EQ(parseCpuTarget(cpuTargetInfo(target).name), target);
  EXPECT_EQ(parseCpuTarget("native"), std::nullopt);
  EXPECT_EQ(parseCpuTarget("x86_64_v3"), std::nullopt);
  for (size_t i = 1; i < std::size(kCpuTargets); ++i) {
    const auto fewer = cpuTargetInfo(kCpuTargets[i - 1]).cpuFeatures;
    const auto more = cpuTargetInfo(kCpuTargets[i]).cpuFeatures;
    EXPECT_GT(more.size(), fewer.size());
    EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), more.begin()));
  }
  const CpuTargetInfo &v3 = cpuTargetInfo(CpuTarget::X86V3);
  EXPECT_EQ(v3.lanes, 8);
  EXPECT_EQ(std::count(v3.cpuFeatures.begin(), v3.cpuFeatures.end(), "avx2"),
            1);
  EXPECT_EQ(std::count(v3.cpuFeatures.begin(), v3.cpuFeatures.end(), "avx512f"),
            0);
}
