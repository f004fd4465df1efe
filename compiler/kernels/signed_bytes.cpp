//===- signed_bytes.cpp - Numbers to 8 bits on a symmetric scale ----------===//

#include "compiler/kernels/signed_bytes.h"

using namespace Halide;

namespace cvt::kernels {

/// From 2^23 on the lowest bit of a float is 1: a sum with a float of these
/// bits has the other summand, rounded, in its low byte.
static constexpr float kRounder = 12582912.f; // 1.5 * 2^23

static constexpr uint32_t kLeastMagnitude = 0x03800000; // the bits of 2^-120

Expr bytesPer(const Expr &magnitudeBits) {
  return select(magnitudeBits >= Expr(kLeastMagnitude),
                kMaxByte / reinterpret<float>(magnitudeBits), 0.f);
}

Expr roundedWord(const Expr &x, int zero) {
  return reinterpret<uint32_t>(x + (kRounder + zero));
}

} // namespace cvt::kernels
