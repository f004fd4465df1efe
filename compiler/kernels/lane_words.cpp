//===- lane_words.cpp - Narrow numbers side by side in 32-bit words -------===//

#include "compiler/kernels/lane_words.h"

using namespace Halide;
using Halide::Internal::Call;

namespace cvt::kernels {

static constexpr uint32_t kSecond = 0xffff0000;

// Halide's functions of these names make calls with side effects, which stores
// are never merged across.

Expr wordOf(const std::vector<Expr> &numbers) {
  return Call::make(UInt(32), Call::concat_bits, numbers, Call::PureIntrinsic);
}

static Expr extractBits(const Expr &word, const Type &type,
                        const Expr &lowest) {
  return Call::make(type, Call::extract_bits, {word, lowest},
                    Call::PureIntrinsic);
}

Expr pairOf(const Expr &first, const Expr &second) {
  auto bits = [](const Expr &x) { return reinterpret<uint16_t>(x); };
  return wordOf({bits(first), bits(second)});
}

Expr roundedPair(const Expr &first, const Expr &second) {
  // Rounds ties down.
  auto round = [](const Expr &x) {
    return reinterpret<uint32_t>(x) + Expr(uint32_t(0x7fff));
  };
  return (round(first) >> 16) | (round(second) & Expr(kSecond));
}

Expr wordOfLowBits(const std::vector<Expr> &words) {
  const int count = static_cast<int>(words.size()), bits = 32 / count;
  const Expr low(bits == 8 ? uint32_t(0xff) : uint32_t(0xffff));
  Expr word = words[0] & low;
  for (int i = 1; i < count; i++)
    word = word | ((i + 1 < count ? words[i] & low : words[i]) << (bits * i));
  return word;
}

Expr numberOf(const Expr &word, const Expr &i, const Type &type) {
  return extractBits(word, type, type.bits() * i);
}

Expr productsOfHalves(const Expr &a, const Expr &b) {
  return Call::make(UInt(32), kProductsOfHalves, {a, b}, Call::PureExtern);
}

Expr sumOfPair(const Expr &pair) {
  return reinterpret<float>(pair << 16) +
         reinterpret<float>(pair & Expr(kSecond));
}

Expr quadOfHalves(const Expr &even, const Expr &odd) {
  return ((even >> 8) & Expr(uint32_t(0x00ff00ff))) |
         (odd & Expr(uint32_t(0xff00ff00)));
}

Expr highBytes(const Expr &word) {
  return (word >> 8) & Expr(uint32_t(0x00ff00ff));
}

} // namespace cvt::kernels
