//===- dtype_test.cpp - Conversions against known values ------------------===//
//
// Every half and every bfloat, and doubles at the edges of float.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace cvt::weights {
namespace {

template <typename Stored> float convert(DType type, Stored number) {
  float result = 0;
  convertToFloat(type, std::as_bytes(std::span(&number, 1)), {&result, 1});
  return result;
}

TEST(DType, NamesAndSizes) {
  struct Case {
    DType type;
    const char *name;
    uint64_t bytes;
  };
  for (Case c : {Case{DType::F32, "F32", 4},
                 {DType::F16, "F16", 2},
                 {DType::BF16, "BF16", 2},
                 {DType::F64, "F64", 8}}) {
    EXPECT_EQ(nameOf(c.type), c.name);
    EXPECT_EQ(sizeOf(c.type), c.bytes);
    EXPECT_EQ(parseDType(c.name), c.type);
  }
  for (const char *name : {"", "f32", "F8_E4M3", "I64"})
    EXPECT_EQ(parseDType(name), std::nullopt);
}

TEST(DType, HalvesKeepTheirValue) {
  for (uint32_t bits = 0; bits != 0x10000; ++bits) {
    int exponent = static_cast<int>((bits >> 10) & 31);
    double fraction = bits & 0x3ff;
    double magnitude = exponent == 0
                           ? std::ldexp(fraction, -24)
                           : std::ldexp(fraction + 1024, exponent - 25);
    float found = convert(DType::F16, static_cast<uint16_t>(bits));
    EXPECT_EQ(std::signbit(found), bits >= 0x8000) << bits;
    if (exponent == 31)
      EXPECT_TRUE(fraction == 0 ? std::isinf(found) : std::isnan(found))
          << bits;
    else
      EXPECT_EQ(std::abs(found), magnitude) << bits;
  }
}

TEST(DType, BFloatsAreTheUpperHalfOfFloats) {
  for (uint32_t bits = 0; bits != 0x10000; ++bits)
    EXPECT_EQ(std::bit_cast<uint32_t>(
                  convert(DType::BF16, static_cast<uint16_t>(bits))),
              bits << 16);
  EXPECT_EQ(convert(DType::BF16, uint16_t(0x3f80)), 1.0f);
  EXPECT_EQ(convert(DType::BF16, uint16_t(0xc040)), -3.0f);
}

TEST(DType, FloatsAreCopied) {
  for (uint32_t bits : {0x00000000u, 0x80000000u, 0x00000001u, 0x3f800000u,
                        0x7f800000u, 0x7fc12345u, 0xff7fffffu})
    EXPECT_EQ(std::bit_cast<uint32_t>(convert(DType::F32, bits)), bits);
}

TEST(DType, DoublesRoundToNearestEven) {
  EXPECT_EQ(convert(DType::F64, 0.1), 0.1f);
  // Halfway between two floats, and just beside.
  EXPECT_EQ(convert(DType::F64, 1.0 + 0x1p-24), 1.0f);
  EXPECT_EQ(convert(DType::F64, 1.0 + 0x3p-24), 1.0f + 0x1p-22f);
  EXPECT_EQ(convert(DType::F64, 1.0 + 0x1p-24 + 0x1p-50), 1.0f + 0x1p-23f);
  EXPECT_EQ(convert(DType::F64, 0x1p-149), 0x1p-149f);
  EXPECT_EQ(convert(DType::F64, 0x1p-150), 0.0f);
  EXPECT_EQ(convert(DType::F64, 0x1.8p-150), 0x1p-149f);
  EXPECT_TRUE(std::signbit(convert(DType::F64, -0.0)));
  EXPECT_EQ(convert(DType::F64, 1e300), std::numeric_limits<float>::infinity());
  EXPECT_EQ(convert(DType::F64, -1e300),
            -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(
      convert(DType::F64, std::numeric_limits<double>::quiet_NaN())));
}

TEST(DType, AnyAlignmentAndLength) {
  for (DType type : {DType::F32, DType::F16, DType::BF16, DType::F64})
    for (size_t count : {0, 1, 3, 17})
      for (size_t shift = 0; shift != 9; ++shift) {
        size_t bytes = count * sizeOf(type);
        std::vector<std::byte> aligned(bytes), shifted(shift + bytes);
        for (size_t i = 0; i != bytes; ++i)
          aligned[i] = shifted[shift + i] = std::byte(i * 7 % 61);
        std::vector<float> expected(count), found(count);
        convertToFloat(type, aligned, expected);
        convertToFloat(type, std::span(shifted).subspan(shift), found);
        EXPECT_EQ(found, expected);
      }
}

} // namespace
} // namespace cvt::weights
