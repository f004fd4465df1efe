//===- dtype.cpp - Stored numbers to float --------------------------------===//
//
// Conversions work on bits, so they give the same on every machine.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/dtype.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace cvt::weights {

static_assert(std::endian::native == std::endian::little,
              "numbers are stored little-endian");

uint64_t sizeOf(DType type) {
  switch (type) {
  case DType::F32:
    return 4;
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::F64:
    return 8;
  }
  return 0;
}

std::string_view nameOf(DType type) {
  switch (type) {
  case DType::F32:
    return "F32";
  case DType::F16:
    return "F16";
  case DType::BF16:
    return "BF16";
  case DType::F64:
    return "F64";
  }
  return "";
}

std::optional<DType> parseDType(std::string_view name) {
  for (DType type : {DType::F32, DType::F16, DType::BF16, DType::F64})
    if (name == nameOf(type))
      return type;
  return std::nullopt;
}

static float fromHalf(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  uint32_t magnitude = static_cast<uint32_t>(half & 0x7fff) << 13;
  // The exponent is biased by 15 in a half, by 127 in a float, and all ones
  // in infinities and NaNs.
  if (magnitude >= 0x7c00u << 13)
    return std::bit_cast<float>(sign | 0x7f800000 | magnitude);
  if (magnitude >= 0x0400u << 13)
    return std::bit_cast<float>(sign | (magnitude + ((127u - 15) << 23)));
  float subnormal = static_cast<float>(half & 0x7fff) * 0x1p-24f;
  return sign ? -subnormal : subnormal;
}

static float fromBFloat(uint16_t number) {
  return std::bit_cast<float>(static_cast<uint32_t>(number) << 16);
}

/// Loads each number, at any alignment, and converts it.
template <typename Stored, typename Convert>
static void convertEach(std::span<const std::byte> bytes, std::span<float> out,
                        Convert convert) {
  for (size_t i = 0; i != out.size(); ++i) {
    Stored number;
    std::memcpy(&number, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = convert(number);
  }
}

void convertToFloat(DType type, std::span<const std::byte> bytes,
                    std::span<float> out) {
  assert(bytes.size() == out.size() * sizeOf(type));
  if (out.empty())
    return;
  switch (type) {
  case DType::F32:
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return;
  case DType::F16:
    convertEach<uint16_t>(bytes, out, fromHalf);
    return;
  case DType::BF16:
    convertEach<uint16_t>(bytes, out, fromBFloat);
    return;
  case DType::F64:
    convertEach<double>(
        bytes, out, [](double number) { return static_cast<float>(number); });
    return;
  }
}

} // namespace cvt::weights
