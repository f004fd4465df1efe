//===- math.cpp - Functions of one number as Halide expressions -----------===//
//
// Halide lets LLVM assume that there are no NaNs and infinities, so nothing
// here may rely on one in the middle of a computation.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/math.h"

#include "compiler/kernels/lane_words.h"

#include <span>

using namespace Halide;

namespace cvt::kernels {

/// The polynomial with these coefficients, from the highest power down.  Each
/// multiply-add waits for the one before.
static Expr polynomial(const Expr &x, std::span<const float> coefficients) {
  Expr p = coefficients.front();
  for (float c : coefficients.subspan(1))
    p = p * x + c;
  return p;
}

Expr exp2Approximation(const Expr &x, Element result) {
  // Minimax in relative error on [-1/2, 1/2]: 9e-8 with 2^0 = 1, and 7.5e-5.
  static constexpr float fine[] = {0.001326472594f, 0.009671512657f,
                                   0.05550733747f,  0.2402224208f,
                                   0.6931469776f,   1.f};
  static constexpr float coarse[] = {0.0551716748f, 0.242611124f, 0.693260984f,
                                     0.999928073f};
  // Sums with 1.5 * 2^23 have no bits below the point.  What is added to that
  // makes their lowest bits the exponent of the result.
  constexpr int zero = 0x4b400000; // the bits of 1.5 * 2^23
  constexpr float shift = 12582912.f + 127;
  Expr shifted = strict_float(x + shift);
  Expr rest = strict_float(x - (shifted - shift));
  std::span<const float> coefficients = coarse;
  if (result == Element::F32)
    coefficients = fine;
  Expr p = polynomial(rest, coefficients);
  // Clamped as an integer: a float maximum could turn NaN into a number.
  Expr exponent = max(reinterpret<int>(shifted), zero);
  return p * reinterpret<float>(reinterpret<uint32_t>(exponent) << 23);
}

// For x <= 0, c * 2^x is (rest + root^2)^16, root = max(one + slope * x, 0), in
// 65536ths.  Small powers are many and add up, so their error counts for more:
// it is minimax relative to 2^x + 5/255, and includes the products' lost bits.
static constexpr float kRootSlope = 1855.324f, kRootOfOne = 49716.f;
static constexpr uint32_t kRootRest = 27797;

Expr exp2Root(const Expr &x) {
  // Sums with 1.5 * 2^23 have no bits below the point.
  constexpr int zero = 0x4b400000; // the bits of 1.5 * 2^23
  Expr shifted = x * kRootSlope + (12582912.f + kRootOfOne);
  return reinterpret<uint32_t>(max(reinterpret<int>(shifted), zero));
}

Expr exp2OfRoots(const Expr &roots) {
  // In both halves: no sum carries from one to the other.
  constexpr uint32_t both = 0x10001;
  Expr p = productsOfHalves(roots, roots) + Expr(both * kRootRest);
  for (int power = 1; power < 16; power *= 2)
    p = productsOfHalves(p, p);
  return p;
}

/// x * (1 + erf(x / sqrt 2)) / 2 is max(x, 0) - a * (1 - erf(a * sqrt 2)),
/// a = |x / 2|.  This takes a * p(a)^(2^squarings) for the latter, p the
/// polynomial with these coefficients, and its value at `end`, almost 0, for
/// all beyond.  Roots of what falls like a normal distribution take far fewer
/// coefficients than itself.
static Expr geluWithRoot(const Expr &x, float end,
                         std::span<const float> coefficients, int squarings) {
  // A float maximum could turn NaN into a number, and x + |x| overflow.
  const Expr half = 0.5f * x, a = min(abs(half), end);
  Expr p = polynomial(a, coefficients);
  for (int i = 0; i < squarings; i++)
    p = p * p;
  return half + abs(half) - a * p;
}

/// Both are minimax in absolute error, 1.5e-7 and 2.4e-4, with p(0) = 1, so
/// that what is close to 0 keeps its relative error: 3e-7 in f32 up to a = 1/4.
static Expr gelu(const Expr &x, Element result) {
  static constexpr float fine[] = {-0.0010199901f, 0.0087748384f, -0.02304285f,
                                   -0.0018800326f, 0.07265588f,   0.044056512f,
                                   -0.23874903f,   -0.39894292f,  1.f};
  static constexpr float coarse[] = {-0.13615555f, 0.54673743f, -0.40837574f,
                                     -0.78919119f, 1.f};
  return result == Element::F32
             ? geluWithRoot(x, /*end=*/2.7f, fine, /*squarings=*/2)
             : geluWithRoot(x, /*end=*/1.85f, coarse, /*squarings=*/1);
}

static Expr sigmoid(const Expr &x) {
  constexpr float log2E = 1.44269504f;
  return 1.f / (1.f + exp2Approximation(clamp(x * -log2E, -126.f, 126.f),
                                        Element::F32));
}

Expr activate(Activation activation, const Expr &x, Element result) {
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Gelu:
    return gelu(x, result);
  case Activation::QuickGelu:
    return x * sigmoid(1.702f * x);
  }
  return Expr();
}

} // namespace cvt::kernels
