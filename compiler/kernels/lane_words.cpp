//===- lane_words.cpp - Narrow numbers side by side in 32-bit words -------===//

#include "compiler/kernels/lane_words.h"

using namespace Halide;
using Halide::Internal::Call;

namespace cvt::kernels {

static constexpr uint32_t kSecond = 0xffff0000;

// Halide's functions of these names make calls with side effects, which stores
// are never merged across.

static Expr concatBits(const std::vector<Expr> &parts) {
  return Call::make(UInt(32), Call::concat_bits, parts, Call::PureIntrinsic);
}

static Expr extractBits(const Expr &word, const Type &type,
                        const Expr &lowest) {
  return Call::make(type, Call::extract_bits, {word, lowest},
                    Call::PureIntrinsic);
}

Expr pairOf(const Expr &first, const Expr &second) {
  auto bits = [](const Expr &x) { return reinterpret<uint16_t>(x); };
  return concatBits({bits(first), bits(second)});
}

Expr roundedPair(const Expr &first, const Expr &second) {
  // Rounds ties down.
  auto round = [](const Expr &x) {
    return reinterpret<uint32_t>(x) + Expr(uint32_t(0x7fff));
  };
  return (round(first) >> 16) | (round(second) & Expr(kSecond));
}

Expr bitsOfPair(const Expr &pair, const Expr &i) {
  return extractBits(pair, UInt(16), 16 * i);
}

Expr pairOfWords(const Expr &first, const Expr &second) {
  return (first & Expr(uint32_t(0xffff))) | (second << 16);
}

Expr productsOfHalves(const Expr &a, const Expr &b) {
  return Call::make(UInt(32), kProductsOfHalves, {a, b}, Call::PureExtern);
}

Expr sumOfPair(const Expr &pair) {
  return reinterpret<float>(pair << 16) +
         reinterpret<float>(pair & Expr(kSecond));
}

Expr quadOf(const std::array<Expr, 4> &bytes) {
  return concatBits({bytes.begin(), bytes.end()});
}

Expr quadOfHalves(const Expr &even, const Expr &odd) {
  return ((even >> 8) & Expr(uint32_t(0x00ff00ff))) |
         (odd & Expr(uint32_t(0xff00ff00)));
}

Expr quadOfWords(const std::array<Expr, 4> &words) {
  Expr quad = words[3] << 24;
  for (int i = 0; i < 3; i++)
    quad = quad | ((words[i] & Expr(uint32_t(0xff))) << (8 * i));
  return quad;
}

Expr byteOfQuad(const Expr &quad, const Expr &i) {
  return extractBits(quad, UInt(8), 8 * i);
}

} // namespace cvt::kernels
