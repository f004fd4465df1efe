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

/// The polynomial with these coefficients, from the highest power down.
static Expr polynomial(const Expr &x, std::span<const float> coefficients) {
  Expr p = coefficients.front();
  for (float c : coefficients.subspan(1))
    p = p * x + c;
  return p;
}

Expr exp2Approximation(const Expr &x, Element result) {
  // Minimax in relative error on [-1/2, 1/2]: 2e-9 with 2^0 = 1, and 7.5e-5.
  static constexpr float fine[] = {
      0.0001535336116f, 0.001339887454f, 0.009618437359f, 0.05550332471f,
      0.2402264791f,    0.6931472029f,   1.f};
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
  constexpr uint32_t both = 0x10001, half = 128;
  Expr p = productsOfHalves(roots, roots) + Expr(both * kRootRest);
  for (int power = 1; power < 16; power *= 2)
    p = productsOfHalves(p, p);
  return p + Expr(both * half);
}

/// x * (1 + erf(x / sqrt 2)) / 2 with (1 + erf(x / sqrt 2)) / 2 = 1/2 + x * p(u),
/// u = 2 x^2 / end^2 - 1, for |x| <= end, beyond which that is 0 or 1 within
/// 2e-8.  p is minimax, 1e-8; centring u keeps its coefficients small.
static Expr gelu(const Expr &x) {
  constexpr float end = 5.5f;
  static constexpr float p[] = {
      -0.0002364184167f, 0.0006315595595f, -0.0005291291147f, 0.000720104732f,
      -0.002418654394f,  0.004621782969f,  -0.006819906059f,  0.01022782617f,
      -0.01499907989f,   0.020364567f,     -0.02604825985f,   0.03207025902f,
      -0.03879278525f,   0.04773762725f,   -0.06417233867f,   0.1285519309f};
  Expr clamped = clamp(x, -end, end);
  Expr u = clamped * clamped * (2.f / (end * end)) - 1.f;
  Expr cdf = 0.5f + clamped * polynomial(u, p);
  // Exactly 0 far below, where it is multiplied by a large number.
  return x * select(x < -end, 0.f, cdf);
}

/// max(x, 0) - a * q(a), a = min(|x|, end).  a * q(a) is minimax for
/// a * (1 - erf(a / sqrt 2)) / 2 up to `end`, and for 0 there: 1.4e-4.
static Expr coarseGelu(const Expr &x) {
  constexpr float end = 3.8f;
  static constexpr float q[] = {-0.00077179193f, 0.011627875f, -0.066449259f,
                                0.16291421f,     -0.073124463f, -0.37211513f,
                                0.49658676f};
  Expr a = min(abs(x), end);
  // A float maximum could turn NaN into a number.
  return 0.5f * (x + abs(x)) - a * polynomial(a, q);
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
    return result == Element::F32 ? gelu(x) : coarseGelu(x);
  case Activation::QuickGelu:
    return x * sigmoid(1.702f * x);
  }
  return Expr();
}

} // namespace cvt::kernels
