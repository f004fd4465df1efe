//===- random_init.cpp - Truncated normal numbers, each on its own --------===//
//
// A counter goes through SplitMix64's mixer, which makes it 53 uniform bits,
// and these through the inverse of the normal distribution function.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/random_init.h"

#include <algorithm>
#include <cmath>

namespace cvt::weights {

/// Where the distribution is cut, in units of the values themselves.
static constexpr double kCut = 2.0;

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection.
static uint64_t mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

uint64_t randomKey(uint64_t seed, std::string_view tensorName) {
  // FNV-1a, the same everywhere.
  uint64_t hash = 0xcbf29ce484222325;
  for (char letter : tensorName)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return mix(hash ^ mix(seed + 0x9e3779b97f4a7c15));
}

/// c[0] + c[1] x + ... + c[7] x^7.
static double polynomial(const double (&c)[8], double x) {
  double sum = c[7];
  for (int i = 6; i >= 0; --i)
    sum = sum * x + c[i];
  return sum;
}

/// The normal quantile of 0.5 + q, |q| < 0.5, to about 16 digits: Wichura's
/// algorithm AS 241 (PPND16).
static double normalQuantile(double q) {
  static constexpr double a[8] = {
      3.3871328727963666080e+0, 1.3314166789178437745e+2,
      1.9715909503065514427e+3, 1.3731693765509461125e+4,
      4.5921953931549871457e+4, 6.7265770927008700853e+4,
      3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[8] = {1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
  static constexpr double c[8] = {
      1.42343711074968357734e+0, 4.63033784615654529590e+0,
      5.76949722146069140550e+0, 3.64784832476320460504e+0,
      1.27045825245236838258e+0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[8] = {1.0,
                                  2.05319162663775882187e+0,
                                  1.67638483018380384940e+0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double e[8] = {
      6.65790464350110377720e+0, 5.46378491116411436990e+0,
      1.78482653991729133580e+0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[8] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  if (std::abs(q) <= 0.425) {
    double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-std::log(0.5 - std::abs(q)));
  double tail = r <= 5.0 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                         : polynomial(e, r - 5.0) / polynomial(f, r - 5.0);
  return std::copysign(tail, q);
}

void fillTruncatedNormal(uint64_t key, double stddev, uint64_t first,
                         std::span<float> out) {
  if (stddev == 0.0) {
    std::fill(out.begin(), out.end(), 0.0f);
    return;
  }
  // The share of the normal distribution between the cuts.
  double share = std::erf(kCut / (stddev * std::sqrt(2.0)));
  for (size_t i = 0; i != out.size(); ++i) {
    uint64_t counter = first + i + 1;
    uint64_t bits = mix(key + counter * 0x9e3779b97f4a7c15) >> 11;
    // Inside (-0.5, 0.5), the ends excluded.
    double uniform = (static_cast<double>(bits) + 0.5) * 0x1p-53 - 0.5;
    double value = normalQuantile(uniform * share) * stddev;
    out[i] = static_cast<float>(std::clamp(value, -kCut, kCut));
  }
}

} // namespace cvt::weights
