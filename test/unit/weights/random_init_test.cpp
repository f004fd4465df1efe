//===- random_init_test.cpp - Statistics and determinism ------------------===//
//
// The numbers follow the distribution, and only what they should depend on.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/random_init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace cvt::weights {
namespace {

std::vector<float> numbers(uint64_t key, double stddev, uint64_t first,
                           size_t count) {
  std::vector<float> result(count, 99.0f);
  fillTruncatedNormal(key, stddev, first, result);
  return result;
}

constexpr size_t many = 1 << 18;

/// Largest distance between the distribution of `values` and that of a normal
/// one with deviation `stddev`, cut at -2 and 2 (Kolmogorov and Smirnov).
double distance(std::vector<float> values, double stddev) {
  auto normal = [&](double x) {
    return 0.5 * std::erfc(-x / (stddev * std::sqrt(2.0)));
  };
  std::sort(values.begin(), values.end());
  double low = normal(-2), high = normal(2), largest = 0;
  for (size_t i = 0; i != values.size(); ++i) {
    double expected = (normal(values[i]) - low) / (high - low);
    double rank = static_cast<double>(i) + 0.5;
    largest = std::max(largest, std::abs(expected - rank / static_cast<double>(
                                                               values.size())));
  }
  return largest;
}

TEST(RandomInit, FollowsTheTruncatedNormalDistribution) {
  // The limit is exceeded once in some million keys.
  double limit = 2.8 / std::sqrt(static_cast<double>(many));
  for (double stddev : {1e-4, 0.02, 0.5, 1.0, 2.0, 50.0}) {
    for (uint64_t seed : {0, 1}) {
      auto values = numbers(randomKey(seed, "t"), stddev, 0, many);
      EXPECT_LT(distance(values, stddev), limit) << stddev;
    }
  }
  // The test can tell: another deviation, no cut, a shift.
  auto values = numbers(1, 1.0, 0, many);
  EXPECT_GT(distance(values, 1.03), limit);
  for (float &value : values)
    value += 0.02f;
  EXPECT_GT(distance(values, 1.0), limit);
}

TEST(RandomInit, TailsReachAsFarAsTheyShould) {
  auto values = numbers(7, 0.02, 0, 1 << 22);
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  // Of 4 million, the outermost lie at about 5.1 deviations.
  EXPECT_GT(*high, 4.6 * 0.02);
  EXPECT_LT(*high, 6.5 * 0.02);
  EXPECT_LT(*low, -4.6 * 0.02);
  EXPECT_GT(*low, -6.5 * 0.02);
  for (float value : numbers(7, 3.0, 0, many))
    ASSERT_LE(std::abs(value), 2.0f);
}

TEST(RandomInit, NeighboursAreNotCorrelated) {
  for (size_t lag : {1, 2, 3, 64}) {
    auto values = numbers(3, 1.0, 0, many);
    double products = 0, squares = 0;
    for (size_t i = lag; i != many; ++i) {
      products += static_cast<double>(values[i]) * values[i - lag];
      squares += static_cast<double>(values[i]) * values[i];
    }
    EXPECT_LT(std::abs(products / squares),
              5.0 / std::sqrt(static_cast<double>(many)));
  }
}

TEST(RandomInit, AnyPieceIsTheSame) {
  auto whole = numbers(42, 0.02, 0, 1000);
  for (uint64_t first : {0, 1, 7, 500, 999})
    for (size_t count : {0, 1, 3})
      if (first + count <= 1000) {
        auto piece = numbers(42, 0.02, first, count);
        EXPECT_TRUE(std::equal(piece.begin(), piece.end(),
                               whole.begin() + static_cast<long>(first)));
      }
}

TEST(RandomInit, SeedAndNameMakeTheKey) {
  std::set<uint64_t> keys;
  for (uint64_t seed : {uint64_t(0), uint64_t(1), UINT64_MAX})
    for (const char *name : {"", "a", "b", "ab", "ba", "\xff"})
      keys.insert(randomKey(seed, name));
  EXPECT_EQ(keys.size(), 18u);
}

TEST(RandomInit, ValuesNeverChange) {
  // Artifacts of random models must stay the same from build to build.
  EXPECT_EQ(randomKey(0, "classifier.weight"), 0x61297d2897f2e1f6);
  EXPECT_EQ(numbers(randomKey(0, "classifier.weight"), 0.02, 0, 3),
            (std::vector<float>{0x1.8936bc0000000p-5f, -0x1.1cd9d80000000p-6f,
                                0x1.bc16160000000p-11f}));
}

TEST(RandomInit, NoDeviationMeansZeros) {
  EXPECT_EQ(numbers(1, 0.0, 0, 3), (std::vector<float>{0, 0, 0}));
}

} // namespace
} // namespace cvt::weights
