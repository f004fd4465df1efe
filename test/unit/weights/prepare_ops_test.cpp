//===- prepare_ops_test.cpp - Folding and packing against the plain way ---===//
//
// Each function against its definition, written out index by index.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/prepare_ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

namespace cvt::weights {
namespace {

using Floats = std::vector<float>;

/// Distinct values with all their bits in use.
Floats values(size_t count, float offset) {
  Floats result(count);
  for (size_t i = 0; i != count; ++i)
    result[i] = std::sin(static_cast<float>(i) * 0.7f + offset) + 1.5f;
  return result;
}

TEST(FoldBatchNorm, EqualsConvolutionThenNorm) {
  constexpr size_t channels = 5, taps = 9;
  Floats weight = values(channels * taps, 0), gamma = values(channels, 1),
         beta = values(channels, 2), mean = values(channels, 3),
         variance = values(channels, 4), input = values(taps, 5);
  Floats folded(weight.size()), bias(channels);
  foldBatchNormWeight(weight, gamma, variance, 1e-5, folded);
  foldBatchNormBias(gamma, beta, mean, variance, 1e-5, bias);
  for (size_t c = 0; c != channels; ++c) {
    double plain = 0, fused = bias[c];
    for (size_t t = 0; t != taps; ++t) {
      plain += double(weight[c * taps + t]) * input[t];
      fused += double(folded[c * taps + t]) * input[t];
    }
    plain =
        (plain - mean[c]) / std::sqrt(variance[c] + 1e-5) * gamma[c] + beta[c];
    EXPECT_NEAR(fused, plain, 1e-6 * std::abs(plain) + 2e-6);
  }
}

TEST(FoldBatchNorm, RoundsOnce) {
  constexpr size_t channels = 400;
  Floats weight = values(channels, 0), gamma = values(channels, 1),
         beta = values(channels, 2), mean = values(channels, 3),
         variance = values(channels, 4);
  Floats folded(channels), bias(channels);
  foldBatchNormWeight(weight, gamma, variance, 1e-5, folded);
  foldBatchNormBias(gamma, beta, mean, variance, 1e-5, bias);
  for (size_t c = 0; c != channels; ++c) {
    long double scale = gamma[c] / std::sqrt((long double)variance[c] + 1e-5L);
    EXPECT_EQ(folded[c], static_cast<float>(weight[c] * scale));
    EXPECT_EQ(bias[c], static_cast<float>(beta[c] - mean[c] * scale));
  }
}

TEST(FoldBatchNorm, WorksInPlace) {
  Floats weight = values(6, 0), gamma = values(2, 1), beta = values(2, 2),
         mean = values(2, 3), variance = values(2, 4);
  Floats folded(6), bias(2);
  foldBatchNormWeight(weight, gamma, variance, 1e-5, folded);
  foldBatchNormBias(gamma, beta, mean, variance, 1e-5, bias);
  foldBatchNormWeight(weight, gamma, variance, 1e-5, weight);
  foldBatchNormBias(gamma, beta, mean, variance, 1e-5, beta);
  EXPECT_EQ(weight, folded);
  EXPECT_EQ(beta, bias);
}

TEST(FoldBatchNorm, EpsilonIsInsideTheRoot) {
  Floats one = {1}, zero = {0}, out(1);
  foldBatchNormWeight(one, one, zero, 0.25, out);
  EXPECT_EQ(out[0], 2.0f);
}

TEST(TapsOutermost, MovesChannelsInnermost) {
  Floats weight(3 * 4), out(3 * 4);
  std::iota(weight.begin(), weight.end(), 0.0f);
  tapsOutermost(weight, 3, 4, out);
  EXPECT_EQ(out, (Floats{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
}

TEST(PadTo, FillsWithZeros) {
  Floats out(5, 9.0f);
  padTo(Floats{1, 2, 3}, out);
  EXPECT_EQ(out, (Floats{1, 2, 3, 0, 0}));
  padTo(Floats{}, out);
  EXPECT_EQ(out, Floats(5, 0.0f));
}

TEST(PadRows, FillsEachRowWithZeros) {
  Floats out(2 * 4, 9.0f);
  padRows(Floats{1, 2, 3, 4, 5, 6}, 3, 4, out);
  EXPECT_EQ(out, (Floats{1, 2, 3, 0, 4, 5, 6, 0}));
}

/// The definition of the packed layout.
Floats packedPlainly(const PanelLayout &layout, const Floats &weight) {
  Floats packed(static_cast<size_t>(layout.packedElements()), 0.0f);
  for (int64_t n = 0; n != layout.rows; ++n)
    for (int64_t c = 0; c != layout.channels; ++c)
      for (int64_t t = 0; t != layout.taps; ++t) {
        int64_t panel = n / layout.panelRows, row = n % layout.panelRows;
        int64_t to = ((panel * layout.taps + t) * layout.channels + c) *
                         layout.panelRows +
                     row;
        int64_t from = (n * layout.channels + c) * layout.taps + t;
        packed[static_cast<size_t>(to)] = weight[static_cast<size_t>(from)];
      }
  return packed;
}

TEST(PackPanel, EqualsTheDefinition) {
  for (int64_t rows : {1, 7, 8, 16, 17, 40})
    for (int64_t channels : {1, 3, 16, 33})
      for (int64_t taps : {1, 4, 9})
        for (int64_t panelRows : {1, 8, 16}) {
          PanelLayout layout{rows, channels, taps, panelRows};
          Floats weight =
              values(static_cast<size_t>(rows * channels * taps), 0);
          Floats expected = packedPlainly(layout, weight);
          Floats panel(static_cast<size_t>(layout.panelElements()), 9.0f);
          ASSERT_EQ(layout.panels() * layout.panelElements(),
                    layout.packedElements());
          for (int64_t i = 0; i != layout.panels(); ++i) {
            size_t first = static_cast<size_t>(i * layout.panelElements());
            packPanel(layout,
                      std::span(weight).subspan(
                          first, std::min(panel.size(), weight.size() - first)),
                      panel);
            ASSERT_TRUE(std::equal(panel.begin(), panel.end(),
                                   expected.begin() + static_cast<long>(first)))
                << rows << " " << channels << " " << taps << " " << panelRows;
          }
        }
}

TEST(PackPanel, LinearLayerByHand) {
  // (N = 3, K = 2) in panels of 2.
  PanelLayout layout{3, 2, 1, 2};
  auto source = Floats{1, 2, 3, 4, 5, 6};
  Floats out(4);
  packPanel(layout, std::span(source).first(4), out);
  EXPECT_EQ(out, (Floats{1, 3, 2, 4}));
  packPanel(layout, std::span(source).last(2), out);
  EXPECT_EQ(out, (Floats{5, 0, 6, 0}));
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

class Source : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "cvt-test-XXXXXX").string();
    int descriptor = mkstemp(pattern.data());
    ASSERT_GE(descriptor, 0);
    close(descriptor);
    path = pattern;
  }
  void TearDown() override { std::filesystem::remove(path); }

  std::shared_ptr<const MappedFile> map(const Floats &content, size_t shift) {
    std::ofstream stream(path, std::ios::binary);
    stream << std::string(shift, 's');
    stream.write(reinterpret_cast<const char *>(content.data()),
                 static_cast<long>(content.size() * sizeof(float)));
    stream.close();
    std::string error;
    auto file = MappedFile::open(path, error);
    EXPECT_TRUE(file) << error;
    return std::make_shared<const MappedFile>(std::move(*file));
  }

  std::string path;
};

TEST_F(Source, PanelsOfAFileArePackedInAnyOrder) {
  PanelLayout layout{21, 6, 4, 8};
  Floats weight = values(21 * 6 * 4, 0);
  std::string error;
  auto source = makeMappedSource(map(weight, 5), DType::F32, 5, weight.size(),
                                 "t", error);
  ASSERT_TRUE(source) << error;
  EXPECT_EQ(source->elements(), weight.size());
  Floats expected = packedPlainly(layout, weight);
  Floats scratch(static_cast<size_t>(layout.panelElements())), panel = scratch;
  for (int64_t i : {2, 0, 1, 2}) {
    packPanel(layout, readPanelRows(layout, *source, i, scratch), panel);
    EXPECT_TRUE(std::equal(panel.begin(), panel.end(),
                           expected.begin() + i * layout.panelElements()));
    source->release(0, source->elements());
  }
}

TEST_F(Source, StoredTypesAreConverted) {
  // 0x3f800000 is 1 as a float; its halves are 0 and 1 as bfloats.
  std::string error;
  auto source =
      makeMappedSource(map({1.0f, 1.0f}, 0), DType::BF16, 2, 3, "t", error);
  ASSERT_TRUE(source) << error;
  Floats out(2);
  source->read(1, out);
  EXPECT_EQ(out, (Floats{0, 1}));
}

TEST_F(Source, TensorsMustBeInsideTheirFile) {
  auto file = map(values(4, 0), 0);
  std::string error;
  EXPECT_TRUE(makeMappedSource(file, DType::F32, 0, 4, "t", error));
  EXPECT_TRUE(makeMappedSource(file, DType::F32, 16, 0, "t", error));
  struct Case {
    uint64_t offset, elements;
  };
  for (Case c : {Case{0, 5},
                 {1, 4},
                 {17, 0},
                 {0, uint64_t(1) << 62},
                 {UINT64_MAX, 1},
                 {8, UINT64_MAX}}) {
    EXPECT_FALSE(makeMappedSource(file, DType::F32, c.offset, c.elements,
                                  "stage.weight", error));
    EXPECT_EQ(error, path + ": tensor stage.weight at byte " +
                         std::to_string(c.offset) +
                         " is not all inside the file's 16 bytes; the file "
                         "must not change while it is compiled");
  }
}

TEST(RandomSource, NumbersAreThoseOfTheGenerator) {
  auto source = makeRandomSource(3, "t", 0.02, 100);
  auto other = makeRandomSource(3, "u", 0.02, 100);
  EXPECT_EQ(source->elements(), 100u);
  Floats whole(100), piece(10), different(100);
  source->read(0, whole);
  source->read(90, piece);
  other->read(0, different);
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + 90));
  EXPECT_NE(whole, different);
}

TEST(ConstantSource, IsTheSameEverywhere) {
  auto source = makeConstantSource(1.0f, 1000);
  EXPECT_EQ(source->elements(), 1000u);
  Floats out(3);
  source->read(997, out);
  EXPECT_EQ(out, Floats(3, 1.0f));
}

TEST(InterleaveRows, PutsRowsSideBySide) {
  const Floats rows = {0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32};
  Floats out(rows.size());
  interleaveRows(rows, /*columns=*/3, /*factor=*/2, out);
  EXPECT_EQ(out, (Floats{0, 10, 1, 11, 2, 12, 20, 30, 21, 31, 22, 32}));
}

TEST(RoundToBf16, TakesTheNearestAndTiesToEven) {
  Floats values = {1.0f,          -1.0f,           1.00390625f, 1.01171875f,
                   1.0039063692f, 0x1.fffffep127f, 0.0f,        NAN};
  roundToBf16(values);
  EXPECT_EQ(Floats(values.begin(), values.end() - 1),
            (Floats{1.0f, -1.0f, 1.0f, 1.015625f, 1.0078125f, INFINITY, 0.0f}));
  EXPECT_TRUE(std::isnan(values.back()));
}

TEST(QuantizeRow, CountsMultiplesOfTheScale) {
  // A scale of 0.5: 63.5 / 127.
  Floats row = {63.5f, -63.5f, 0.0f, 0.7f, 0.8f, -0.25f, -0.75f, 10.0f};
  EXPECT_EQ(rowScale(row), 0.5f);
  Floats same = row;
  quantizeRow(row);
  EXPECT_EQ(row, (Floats{127, -127, 0, 1, 2, 0, -2, 20}));
  EXPECT_EQ(quantizedSum(same), 0.5f * 21);
  EXPECT_EQ(same, row);
}

TEST(QuantizeRow, StaysWithin127) {
  for (float greatest : {1e-35f, 3.3e-5f, 0.1f, 1.0f, 1e30f, 3.4e38f}) {
    Floats row = {greatest, -greatest, greatest / 3};
    float scale = rowScale(row);
    quantizeRow(row);
    EXPECT_EQ(row, (Floats{127, -127, 42})) << greatest;
    EXPECT_NEAR(scale * 127, greatest, 1e-6 * greatest);
  }
}

// Nothing is divided by such a scale.
TEST(QuantizeRow, LeavesNothingOfRowsWithoutNumbers) {
  for (float value : {0.0f, 1e-40f, INFINITY, NAN}) {
    Floats row = {value, -value, 0.0f};
    EXPECT_EQ(std::isfinite(rowScale(row)), value < 1) << value;
    EXPECT_EQ(std::isfinite(quantizedSum(row)), value < 1) << value;
    EXPECT_EQ(row, Floats(3, 0.0f)) << value;
  }
  EXPECT_EQ(rowScale(Floats{1e-40f}), 0);
}

} // namespace
} // namespace cvt::weights
