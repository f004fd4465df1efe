//===- signed_bytes.h - Numbers to 8 bits on a symmetric scale ------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_SIGNED_BYTES_H
#define CVT_COMPILER_KERNELS_SIGNED_BYTES_H

#include <Halide.h>

namespace cvt::kernels {

/// What the largest magnitude on a scale becomes.
inline constexpr float kMaxByte = 127;

/// What makes bytes of f32 numbers of at most the magnitude of which these are
/// the bits.  Of less than 2^-120, which has no inverse, nothing is left.
Halide::Expr bytesPer(const Halide::Expr &magnitudeBits);

/// A number without fraction from -128 to 127 as the low byte of a word, the
/// rest of which is anything: the f32 `x` rounded, plus `zero`.
Halide::Expr roundedWord(const Halide::Expr &x, int zero = 0);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_SIGNED_BYTES_H
