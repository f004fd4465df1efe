//===- ops_test.cpp - Reference ops against values worked out by hand -----===//

#include "test/reference/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

using namespace cvt::reference;

namespace {

using Values = std::vector<double>;

Array array(std::vector<int64_t> shape, Values values) {
  Array out(std::move(shape));
  EXPECT_EQ(out.values.size(), values.size());
  out.values = std::move(values);
  return out;
}

/// 1, 2, 3, ...
Array counting(std::vector<int64_t> shape) {
  Array out(std::move(shape));
  std::iota(out.values.begin(), out.values.end(), 1.0);
  return out;
}

void expectArray(const Array &found, const std::vector<int64_t> &shape,
                 const Values &values) {
  EXPECT_EQ(found.shape, shape);
  ASSERT_EQ(found.values.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(found.values[i], values[i], 1e-14) << "element " << i;
}

TEST(Array, IsRowMajor) {
  Array numbers = counting({2, 3, 4});
  EXPECT_EQ(numbers(0, 0, 0), 1);
  EXPECT_EQ(numbers(0, 0, 3), 4);
  EXPECT_EQ(numbers(0, 2, 0), 9);
  EXPECT_EQ(numbers(1, 2, 3), 24);
  EXPECT_EQ(numbers.rows(), 6u);
  EXPECT_EQ(numbers.row(1)[0], 5);
}

TEST(ConvEmbed, SumsChannelsAndTapsAndAddsTheBias) {
  // One 2x2 filter over two channels, the map's second channel ten times its
  // first: 1 2 / 3 4.
  Array map = array({1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40});
  Array weight = array({1, 2, 2, 2}, {1, 2, 3, 4, 1, 0, 0, -1});
  Array bias = array({1}, {0.5});
  // 1+4+9+16 + 10-40 + 0.5
  expectArray(convEmbed(map, weight, &bias, {2, 1, 0}), {1, 1, 1, 1}, {0.5});
  expectArray(convEmbed(map, weight, nullptr, {2, 1, 0}), {1, 1, 1, 1}, {0});
}

TEST(ConvEmbed, PadsWithZerosAndStrides) {
  // 1 2 3 / 4 5 6 under a 2x2 filter of ones, stride 2, padding 1: the windows
  // begin at -1 and 1.
  Array ones = array({2, 1, 2, 2}, {1, 1, 1, 1, 2, 2, 2, 2});
  expectArray(convEmbed(counting({1, 2, 3, 1}), ones, nullptr, {2, 2, 1}),
              {1, 2, 2, 2}, {1, 2, 5, 10, 4, 8, 11, 22});
}

TEST(DepthwiseConv, KeepsChannelsApart) {
  Array map = array({1, 1, 3, 2}, {1, 10, 2, 20, 3, 30});
  // The kernel's middle row meets the map; the others only padding.
  Array weight(std::vector<int64_t>{2, 1, 3, 3});
  for (int64_t j = 0; j < 3; ++j) {
    weight(0, 0, 1, j) = 1;
    weight(1, 0, 1, j) = static_cast<double>(j);
  }
  Array bias = array({2}, {0, 100});
  expectArray(depthwiseConv(map, weight, &bias, {3, 1, 1}), {1, 1, 3, 2},
              {3, 10 + 40 + 100, 6, 20 + 60 + 100, 5, 30 + 100});
  // Stride 2: every other one.
  expectArray(depthwiseConv(map, weight, nullptr, {3, 2, 1}), {1, 1, 2, 2},
              {3, 50, 5, 30});
}

TEST(BatchNorm, UsesTheStoredStatistics) {
  Array out = batchNorm(array({1, 1, 1, 2}, {5, 7}), array({2}, {2, 3}),
                        array({2}, {10, 20}), array({2}, {1, 1}),
                        array({2}, {3, 8}), 1.0);
  expectArray(out, {1, 1, 1, 2}, {4.0 / 2 * 2 + 10, 6.0 / 3 * 3 + 20});
}

TEST(LayerNorm, NormalisesEachRow) {
  // Mean 2, variance 1 and, with epsilon 3, a deviation of 2; a constant row.
  Array out = layerNorm(array({1, 2, 2}, {1, 3, 4, 4}), array({2}, {4, 8}),
                        array({2}, {100, 200}), 3.0);
  expectArray(out, {1, 2, 2}, {98, 204, 100, 200});
}

TEST(AvgPool, CountsPaddingButNotWhatIsBeyondIt) {
  // PyTorch: AvgPool2d(2, 2, 1, ceil_mode=True) of 1 2 3 4 / 5 6 7 8 / 9
  // ... 12. Columns -1..0, 1..2, 3..4; rows -1..0, 1..2.  All windows count 4.
  expectArray(avgPool(counting({1, 3, 4, 1}), {2, 2, 1}), {1, 2, 3, 1},
              {0.25, 1.25, 1, 3.5, 8.5, 5});
  // AvgPool2d(2, 2, ceil_mode=True) of 1 2 3: the last window is cut to the
  // one column that exists.
  expectArray(avgPool(counting({1, 2, 3, 1}), {2, 2, 0}), {1, 1, 2, 1},
              {3, 4.5});
  // AvgPool2d(3, 2, 1, ceil_mode=True) of four: columns -1..1, 1..3, 3..4, of
  // which the last counts the padding and is cut behind it.
  expectArray(avgPool(counting({1, 1, 4, 1}), {3, 2, 1}), {1, 1, 3, 1},
              {3.0 / 9, 9.0 / 9, 4.0 / 6});
  // AvgPool2d(2, 3, 1, ceil_mode=True) of two: a window at 2 would start
  // behind the map.
  expectArray(avgPool(counting({1, 2, 2, 1}), {2, 3, 1}), {1, 1, 1, 1}, {0.25});
}

TEST(Linear, MultipliesByTheTransposedWeight) {
  Array weight = array({3, 2}, {1, 0, 0, 1, 1, 2});
  Array bias = array({3}, {0, 10, 100});
  Array tokens = array({1, 2, 2}, {1, 2, 3, 4});
  expectArray(linear(tokens, weight, &bias), {1, 2, 3},
              {1, 12, 105, 3, 14, 111});
  expectArray(linear(array({1, 2}, {1, 2}), weight, nullptr), {1, 3},
              {1, 2, 5});
}

TEST(Attention, WeighsValuesByHead) {
  // Two heads of one channel.  Head 0: scores 0 and ln 3, weights 1/4 and 3/4.
  // Head 1: equal scores.
  double log3 = std::log(3.0);
  Array query = array({1, 1, 2}, {2, 7});
  Array key = array({1, 2, 2}, {0, 1, log3, 1});
  Array value = array({1, 2, 2}, {4, 10, 8, 20});
  expectArray(attention(query, key, value, 2, 0.5), {1, 1, 2}, {7, 15});
}

TEST(Attention, AddsTheChannelsOfAHead) {
  // One head of two channels: scores 3 - 3 and 0.
  Array query = array({1, 1, 2}, {1, -1});
  Array key = array({1, 2, 2}, {3, 3, 0, 0});
  Array value = array({1, 2, 2}, {4, 10, 8, 20});
  expectArray(attention(query, key, value, 1, 1.0), {1, 1, 2}, {6, 15});
}

TEST(Attention, BearsLargeScores) {
  Array query = array({1, 1, 1}, {1000});
  Array key = array({1, 2, 1}, {1000, -1000});
  expectArray(attention(query, key, array({1, 2, 1}, {3, 4}), 1, 1.0),
              {1, 1, 1}, {3});
}

TEST(Attention, KeepsImagesApart) {
  Array query = counting({2, 1, 1});
  Array value = array({2, 1, 1}, {5, 6});
  expectArray(attention(query, query, value, 1, 1.0), {2, 1, 1}, {5, 6});
}

TEST(Gelu, IsTheExactOne) {
  // Phi(1) and Phi(-2), from tables of the normal distribution.
  expectArray(gelu(array({1, 3}, {0, 1, -2})), {1, 3},
              {0, 0.8413447460685429, -2 * 0.0227501319481792});
}

TEST(Gelu, QuickIsTheSigmoidOne) {
  expectArray(quickGelu(array({1, 3}, {0, 1, -1000})), {1, 3},
              {0, 1 / (1 + std::exp(-1.702)), 0});
}

TEST(Add, Adds) {
  expectArray(add(counting({1, 2}), array({1, 2}, {10, 20})), {1, 2}, {11, 22});
}

TEST(TokenMean, AveragesOverTokens) {
  expectArray(tokenMean(counting({2, 2, 2})), {2, 2}, {2, 3, 6, 7});
}

TEST(Layout, MovesChannels) {
  Array nchw = array({1, 2, 1, 3}, {1, 3, 5, 2, 4, 6});
  expectArray(toNchw(counting({1, 1, 3, 2})), nchw.shape, nchw.values);
  expectArray(toNhwc(nchw), {1, 1, 3, 2}, {1, 2, 3, 4, 5, 6});
}

TEST(ClassToken, IsRowZero) {
  Array tokens = counting({2, 2, 1});
  Array one = array({1, 1, 1}, {9}), two = array({2, 1, 1}, {8, 9});
  expectArray(prependClassToken(one, tokens), {2, 3, 1}, {9, 1, 2, 9, 3, 4});
  expectArray(prependClassToken(two, tokens), {2, 3, 1}, {8, 1, 2, 9, 3, 4});
  expectArray(takeClassToken(tokens), {2, 1, 1}, {1, 3});
  expectArray(dropClassToken(tokens), {2, 1, 1}, {2, 4});
}

TEST(FoldBatchNorm, IsBatchNormAfterTheConvolution) {
  Array map = counting({1, 3, 3, 2});
  Array weight = array({2, 1, 2, 2}, {1, -2, 3, 0.5, 2, 2, -1, 1});
  Array gamma = array({2}, {0.5, -1.5}), beta = array({2}, {0.25, 3});
  Array mean = array({2}, {1, -4}), variance = array({2}, {0.3, 7});
  Array folded = foldBnWeight(weight, gamma, variance, 1e-5);
  Array bias = foldBnBias(gamma, beta, mean, variance, 1e-5);
  Window window = {2, 1, 0};
  Array expected = batchNorm(depthwiseConv(map, weight, nullptr, window), gamma,
                             beta, mean, variance, 1e-5);
  expectArray(depthwiseConv(map, folded, &bias, window), expected.shape,
              expected.values);
}

} // namespace
