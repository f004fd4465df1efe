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

/// The same for an even number of coefficients, as a polynomial of odd and one
/// of even powers: for one multiplication more, a chain half as long.
static Expr oddAndEvenPolynomial(const Expr &x,
                                 std::span<const float> coefficients) {
  const Expr square = x * x;
  Expr odd = coefficients[0], even = coefficients[1];
  for (size_t i = 2; i < coefficients.size(); i += 2) {
    odd = odd * square + coefficients[i];
    even = even * square + coefficients[i + 1];
  }
  return odd * x + even;
}

Expr exp2Approximation(const Expr &x, Element result) {
  // Minimax in relative error on [-1/2, 1/2]: 2e-9 with 2^0 = 1, and 7.5e-5.
  static constexpr float fine[] = {0.0001535336116f,
                                   0.001339887454f,
                                   0.009618437359f,
                                   0.05550332471f,
                                   0.2402264791f,
                                   0.6931472029f,
                                   1.f};
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

/// x * (1 + erf(x / sqrt 2)) / 2 is max(x, 0) - a * (1 - erf(a / sqrt 2)) / 2,
/// a = |x|.  This takes a * q for the latter, q a polynomial for a <= end, and
/// its value there, almost 0, for all beyond.
static Expr geluFrom(const Expr &x, const Expr &a, const Expr &q) {
  // A float maximum could turn NaN into a number, and x + |x| overflow.
  return 0.5f * x + abs(0.5f * x) - a * q;
}

/// q and a * q are minimax, 1e-7, and q is 1/2 at 0: what is close to 0 keeps
/// its relative error.  Of what runs from -1 to 1: coefficients stay small.
static Expr gelu(const Expr &x) {
  constexpr float end = 5.4f;
  static constexpr float q[] = {
      -0.0052129193f, 0.006204308f, 0.025372474f,  -0.04310706f,
      -0.034960408f,  0.1211361f,   -0.049056005f, -0.13568833f,
      0.21201003f,    -0.07185072f, -0.15501851f,  0.26728165f,
      -0.2149975f,    0.10255707f,  -0.028137155f, 0.0034669817f};
  Expr a = min(abs(x), end);
  return geluFrom(x, a, oddAndEvenPolynomial(a * (2 / end) - 1.f, q));
}

/// a * q is minimax, 1.5e-4, and what is close to 0 within 0.15 % of itself.
static Expr coarseGelu(const Expr &x) {
  constexpr float end = 3.9f;
  static constexpr float q[] = {-0.00068655455f, 0.010490479f,  -0.060467067f,
                                0.14727508f,     -0.052183426f, -0.38519533f,
                                0.4993295f};
  Expr a = min(abs(x), end);
  return geluFrom(x, a, polynomial(a, q));
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
