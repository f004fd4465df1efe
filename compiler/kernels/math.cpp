//===- math.cpp - Functions of one number as Halide expressions -----------===//
//
// Halide lets LLVM assume that there are no NaNs and infinities, so nothing
// here may rely on one in the middle of a computation.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/math.h"

using namespace Halide;

namespace cvt::kernels {

Expr exp2Approximation(const Expr &x) {
  // Sums with 1.5 * 2^23 have no bits below the point.  What is added to that
  // makes their lowest bits the exponent of the result.
  constexpr int zero = 0x4b400000; // the bits of 1.5 * 2^23
  constexpr float shift = 12582912.f + 127;
  Expr shifted = strict_float(x + shift);
  Expr rest = strict_float(x - (shifted - shift));
  Expr p = 0.0013276472f;
  for (float c : {0.0096755419f, 0.0555071309f, 0.2402212024f, 0.6931469440f,
                  1.0000001192f})
    p = p * rest + c;
  // Clamped as an integer: a float maximum could turn NaN into a number.
  Expr exponent = max(reinterpret<int>(shifted), zero);
  return p * reinterpret<float>(reinterpret<uint32_t>(exponent) << 23);
}

namespace {

/// (1 + erf(x / sqrt 2)) / 2 as 1/2 + x * p(u), u = 2 x^2 / end^2 - 1, for
/// |x| <= end, beyond which it is near 0 or 1.  p is a minimax polynomial, its
/// coefficients from the highest power down; centring u keeps them small.
struct NormalCdf {
  float end;
  std::vector<float> coefficients;

  Expr operator()(const Expr &any) const {
    Expr x = clamp(any, -end, end);
    Expr u = x * x * (2.f / (end * end)) - 1.f;
    Expr p = coefficients[0];
    for (size_t i = 1; i < coefficients.size(); i++)
      p = p * u + coefficients[i];
    // Exactly 0 far below, where the caller multiplies it by a large number.
    return select(any < -end, 0.f, 0.5f + x * p);
  }
};

} // namespace

/// Within 1e-7.
static NormalCdf normalCdf() {
  return {5.3033009f,
          {-0.0001180800027f, 0.0003342279524f, -0.0003532116243f,
           0.0005823607789f, -0.001692275633f, 0.003347153543f,
           -0.005451166071f, 0.008733000606f, -0.01337504946f, 0.01898966916f,
           -0.02528257854f, 0.03207614645f, -0.03957973421f, 0.04923926294f,
           -0.06647858769f, 0.1333097517f}};
}

/// So that its product with x is within 1.4e-4.
static NormalCdf coarseNormalCdf() {
  return {4.f,
          {-0.00272914f, 0.00821143f, -0.01325984f, 0.02162154f, -0.03649542f,
           0.05605086f, -0.08435746f, 0.17594776f}};
}

static Expr sigmoid(const Expr &x) {
  constexpr float log2E = 1.44269504f;
  return 1.f / (1.f + exp2Approximation(clamp(x * -log2E, -126.f, 126.f)));
}

Expr activate(Activation activation, const Expr &x, Element result) {
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Gelu:
    return x * (result == Element::F32 ? normalCdf() : coarseNormalCdf())(x);
  case Activation::QuickGelu:
    return x * sigmoid(1.702f * x);
  }
  return Expr();
}

} // namespace cvt::kernels
