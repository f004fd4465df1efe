//===- section_test.cpp - The weights section, byte by byte ---------------===//

#include "test/unit/weight_values/module_with_weights.h"

#include <algorithm>
#include <bit>

using namespace cvt;

namespace {

using Floats = std::vector<float>;

class Section : public ModuleWithWeights {
protected:
  /// The section as floats; `error` is set if there is none.
  Floats write(const std::string &text, std::string &error) {
    std::vector<std::byte> bytes;
    largestPiece = 0;
    auto append = [&](std::span<const std::byte> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      largestPiece = std::max(largestPiece, piece.size());
      return llvm::Error::success();
    };
    error = llvm::toString(load(text).writeSection(append));
    Floats floats(bytes.size() / sizeof(float));
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(floats)).begin());
    return floats;
  }

  size_t largestPiece = 0;
};

/// A weight of `count` ones at a place in the section.
std::string ones(const std::string &name, int64_t count, int64_t offset) {
  return "cvt.weight @" + name + " : tensor<" + std::to_string(count) +
         "xf32> from #cvt.random<ones, seed = 0, std = 0.0, tensor = \"\"> "
         "{cvt.section_offset = " +
         std::to_string(offset) + "}\n";
}

std::string moduleOf(int64_t bytes, const std::string &body) {
  return "module attributes {cvt.section_bytes = " + std::to_string(bytes) +
         "} {\n" + body + "}";
}

TEST_F(Section, GoesByOffsetWithZerosBetween) {
  std::string error;
  Floats written = write(moduleOf(40, counting("w", "2x2", 4) +
                                          counting("unused", "9999", 0) +
                                          R"(
        cvt.weight @unpadded : tensor<1xf32> from #cvt.stored<"counting.bin", offset = 400, dtype = f32>
        cvt.prepare @last = pad(@unpadded) : tensor<3xf32> {cvt.section_offset = 24}
        cvt.prepare @first = pack_panels(@w) : tensor<1x2x2xf32> {cvt.section_offset = 4})"),
                         error);
  EXPECT_EQ(error, "");
  EXPECT_EQ(written, (Floats{0, 4, 6, 5, 7, 0, 100, 0, 0, 0}));
}

// 257 lies between two bf16 numbers.
TEST_F(Section, RoundsPackedWeightsToBf16) {
  const float odd[] = {257, 258};
  writeFile("odd.bin", odd, sizeof odd);
  std::string error;
  Floats written = write(moduleOf(8, R"(
        cvt.weight @w : tensor<1x2xf32> from #cvt.stored<"odd.bin", offset = 0, dtype = f32>
        cvt.prepare @p = pack_panels(@w) : tensor<1x1x2x2xbf16> {cvt.section_offset = 0})"),
                         error);
  EXPECT_EQ(error, "");
  // Column 0 holds 256 and 258 side by side, the column beside it zeros.
  ASSERT_EQ(written.size(), 2u);
  EXPECT_EQ(std::bit_cast<uint32_t>(written[0]), 0x43814380u);
  EXPECT_EQ(written[1], 0);
}

TEST_F(Section, RoundsPackedWeightsTo8Bits) {
  const float row[] = {-127, 1, 2, 3};
  writeFile("row.bin", row, sizeof row);
  std::string error;
  Floats written = write(moduleOf(12, R"(
        cvt.weight @w : tensor<1x4xf32> from #cvt.stored<"row.bin", offset = 0, dtype = f32>
        cvt.prepare @s = row_scales(@w) : tensor<1xf32> {cvt.section_offset = 8}
        cvt.prepare @p = pack_panels(@w) : tensor<1x1x2x4xsi8> {cvt.section_offset = 0})"),
                         error);
  EXPECT_EQ(error, "");
  // Column 0 holds the row, the column beside it zeros.
  ASSERT_EQ(written.size(), 3u);
  EXPECT_EQ(std::bit_cast<uint32_t>(written[0]), 0x03020181u);
  EXPECT_EQ(written[1], 0);
  EXPECT_EQ(written[2], 1);
}

TEST_F(Section, StoresPackedWeightsWithoutSign) {
  const float row[] = {-127, 127, 2, 0};
  writeFile("row.bin", row, sizeof row);
  std::string error;
  Floats written = write(moduleOf(4, R"(
        cvt.weight @w : tensor<1x4xf32> from #cvt.stored<"row.bin", offset = 0, dtype = f32>
        cvt.prepare @p = pack_panels(@w) : tensor<1x1x1x4xui8> {cvt.section_offset = 0})"),
                         error);
  EXPECT_EQ(error, "");
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ(std::bit_cast<uint32_t>(written[0]), 0x8082ff01u);
}

TEST_F(Section, HandsOverPackedWeightsPanelByPanel) {
  std::string error;
  Floats written =
      write(moduleOf(256 * 4,
                     counting("w", "64x4", 0) +
                         "cvt.prepare @p = pack_panels(@w) : tensor<8x4x8xf32> "
                         "{cvt.section_offset = 0}"),
            error);
  EXPECT_EQ(error, "");
  EXPECT_EQ(written.size(), 256u);
  EXPECT_EQ(written[32 + 1], 36.0f); // panel 1, k 0, its second row
  EXPECT_EQ(largestPiece, 4u * 8 * sizeof(float));
}

TEST_F(Section, HandsOverLargeWeightsInPieces) {
  std::string error;
  Floats written = write(moduleOf(4'000'000, ones("w", 1'000'000, 0)), error);
  EXPECT_EQ(error, "");
  EXPECT_EQ(written, Floats(1'000'000, 1.0f));
  EXPECT_LT(largestPiece, 1'000'000u);
}

TEST_F(Section, RefusesModulesThatAreNotPlanned) {
  std::string error;
  EXPECT_EQ(write(ones("w", 1, 0), error), Floats{});
  EXPECT_EQ(error, "the module has no cvt.section_bytes: its memory is not "
                   "planned yet");
}

TEST_F(Section, RefusesOverlapsAndPlacesBehindTheEnd) {
  std::string error;
  write(moduleOf(64, ones("a", 4, 0) + ones("b", 4, 12)), error);
  EXPECT_EQ(error, "@b: bytes 12 to 28 of the weights section are another "
                   "weight's or behind its 64 bytes");
  write(moduleOf(64, ones("a", 4, 52)), error);
  EXPECT_EQ(error, "@a: bytes 52 to 68 of the weights section are another "
                   "weight's or behind its 64 bytes");
  write(moduleOf(64, ones("a", 4, INT64_MAX)), error);
  EXPECT_NE(error, "");
}

TEST_F(Section, RefusesPlacesOfWhatIsNotAWeight) {
  std::string error;
  write(moduleOf(64, "cvt.kernel @k flops 1 bytes 1 {cvt.section_offset = 0}"),
        error);
  EXPECT_EQ(error, "'cvt.kernel' has a place in the weights section but is "
                   "not a weight");
}

TEST_F(Section, NamesTheWeightThatIsMissing) {
  std::string error;
  write(moduleOf(8, R"(
    cvt.weight @w : tensor<2xf32> from #cvt.stored<"absent.bin", offset = 0, dtype = f32> {cvt.section_offset = 0})"),
        error);
  EXPECT_EQ(error, "@w: " + folder +
                       "/absent.bin: cannot be opened: No such file or "
                       "directory");
}

TEST_F(Section, EndsWhenTheWriterFails) {
  WeightValues &weights = load(moduleOf(64, ones("a", 4, 0)));
  int calls = 0;
  auto append = [&](std::span<const std::byte>) {
    ++calls;
    return llvm::createStringError("the disk is full");
  };
  EXPECT_EQ(llvm::toString(weights.writeSection(append)), "the disk is full");
  EXPECT_EQ(calls, 1);
}

} // namespace
