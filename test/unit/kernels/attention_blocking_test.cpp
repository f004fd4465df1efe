//===- attention_blocking_test.cpp - How attention is cut -----------------===//

#include "compiler/kernels/attention_blocking.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

/// The attentions of CvT-13 at 224 pixels, and of CvT-W24 at 384.
static const AttentionSpec kSpecs[] = {
    {1, 64, 3136, 784, 0.125f},  {3, 64, 784, 196, 0.125f},
    {6, 64, 197, 50, 0.125f},    {6, 64, 1, 50, 0.125f},
    {3, 64, 9216, 2304, 0.125f}, {12, 64, 2304, 576, 0.125f},
    {16, 64, 577, 145, 0.125f}};

TEST(AttentionBlocking, CutsEvenly) {
  for (const AttentionSpec &spec : kSpecs)
    for (CpuTarget target : kCpuTargets)
      for (Element math : {Element::F32, Element::Bf16, Element::I8}) {
        SCOPED_TRACE(symbolName({spec, target, {math}}));
        AttentionBlocking blocking = attentionBlocking(spec, math, target);
        EXPECT_EQ(spec.headDim % blocking.output.columns, 0);
        EXPECT_EQ(blocking.queries() % blocking.output.rows, 0);
        EXPECT_EQ(spec.keys % blocking.keysPerChunk, 0);
        EXPECT_GE(blocking.blocksPerTask, 1);
      }
}

// Powers and a slice of values for 96 keys and 24 queries are 15 KB.
TEST(AttentionBlocking, ChunksKeysWhereHeadsAreSliced) {
  auto chunk = [](const AttentionSpec &spec, CpuTarget target) {
    return attentionBlocking(spec, Element::F32, target).keysPerChunk;
  };
  EXPECT_EQ(chunk(kSpecs[4], CpuTarget::X86V3), 96);
  EXPECT_EQ(chunk(kSpecs[2], CpuTarget::X86V3), 50);
  // 145 is 5 times 29: chunks would be too short.
  EXPECT_EQ(chunk(kSpecs[6], CpuTarget::X86V3), 145);
  EXPECT_EQ(chunk(kSpecs[4], CpuTarget::Znver4), 2304);
}

// However they are divided.
TEST(AttentionBlocking, ChunksManyKeys) {
  const AttentionSpec spec{1, 64, 65537, 16385, 0.125f};
  auto chunk = [&](Element math, CpuTarget target) {
    return attentionBlocking(spec, math, target).keysPerChunk;
  };
  EXPECT_EQ(chunk(Element::F32, CpuTarget::X86V3), 96);
  EXPECT_EQ(chunk(Element::F32, CpuTarget::Znver4), 512);
  EXPECT_EQ(chunk(Element::Bf16, CpuTarget::Znver4), 16385);
  EXPECT_EQ(chunk(Element::I8, CpuTarget::Znver4), 16385);
}

TEST(AttentionBlocking, CopiesRowsThatShareCacheLines) {
  auto copies = [](const AttentionSpec &spec) {
    return attentionBlocking(spec, Element::F32, CpuTarget::X86V3).copiesValues;
  };
  EXPECT_FALSE(copies(kSpecs[1])); // 768 bytes apart
  EXPECT_FALSE(copies(kSpecs[2])); // 1536, but 50 keys only
  EXPECT_TRUE(copies(kSpecs[5]));  // 3072
  EXPECT_TRUE(copies(kSpecs[6]));  // 4096
}

// 8 keys of a tile 4096 bytes apart fill all ways of a set by themselves.
TEST(AttentionBlocking, CopiesKeysThatShareCacheLines) {
  auto blocking = [](const AttentionSpec &spec, Element math) {
    return attentionBlocking(spec, math, CpuTarget::Znver4);
  };
  for (int i : {1, 2, 4, 5})
    EXPECT_FALSE(blocking(kSpecs[i], Element::F32).copiesKeys) << i;
  EXPECT_TRUE(blocking(kSpecs[6], Element::F32).copiesKeys);
  EXPECT_FALSE(blocking(kSpecs[6], Element::F32).copiesValues);
  EXPECT_GE(blocking(kSpecs[6], Element::F32).blocksPerTask, 4);
  EXPECT_FALSE(blocking(kSpecs[6], Element::Bf16).copiesKeys);
}

TEST(AttentionBlocking, WidensKeysAndValuesForManyBlocks) {
  for (CpuTarget target : {CpuTarget::X86V3, CpuTarget::X86V4}) {
    AttentionBlocking blocking =
        attentionBlocking(kSpecs[0], Element::Bf16, target);
    EXPECT_TRUE(blocking.copiesKeys && blocking.copiesValues);
    EXPECT_GE(blocking.blocksPerTask, 4);
  }
  EXPECT_FALSE(attentionBlocking(kSpecs[0], Element::Bf16, CpuTarget::Znver4)
                   .copiesKeys);
}
