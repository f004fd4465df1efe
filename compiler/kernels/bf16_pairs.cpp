//===- bf16_pairs.cpp - Two bf16 numbers in one 32-bit word ---------------===//

#include "compiler/kernels/bf16_pairs.h"

using namespace Halide;
using Halide::Internal::Call;

namespace cvt::kernels {

static constexpr uint32_t kSecond = 0xffff0000;

// Halide's functions of these names make calls with side effects, which stores
// are never merged across.

static Expr concatBits(const Expr &first, const Expr &second) {
  return Call::make(UInt(32), Call::concat_bits, {first, second},
                    Call::PureIntrinsic);
}

static Expr extractBits(const Expr &word, const Expr &lowest) {
  return Call::make(UInt(16), Call::extract_bits, {word, lowest},
                    Call::PureIntrinsic);
}

Expr pairOf(const Expr &first, const Expr &second) {
  auto bits = [](const Expr &x) { return reinterpret<uint16_t>(x); };
  return concatBits(bits(first), bits(second));
}

Expr roundedPair(const Expr &first, const Expr &second) {
  // Rounds ties down.
  auto round = [](const Expr &x) {
    return reinterpret<uint32_t>(x) + Expr(uint32_t(0x7fff));
  };
  return (round(first) >> 16) | (round(second) & Expr(kSecond));
}

Expr bitsOfPair(const Expr &pair, const Expr &i) {
  return extractBits(pair, 16 * i);
}

Expr sumOfPair(const Expr &pair) {
  return reinterpret<float>(pair << 16) +
         reinterpret<float>(pair & Expr(kSecond));
}

} // namespace cvt::kernels
