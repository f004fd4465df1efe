//===- bf16_pairs.h - Two bf16 numbers in one 32-bit word -----------------===//
//
// What is multiplied in one lane lies side by side in memory.  Vectors of words
// make both numbers of each lane at once.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_BF16_PAIRS_H
#define CVT_COMPILER_KERNELS_BF16_PAIRS_H

#include <Halide.h>

namespace cvt::kernels {

/// The word of two numbers of bf16, the first one first in memory.
Halide::Expr pairOf(const Halide::Expr &first, const Halide::Expr &second);

/// The same of two f32 >= 0, each rounded to the nearest.  NaN stays NaN if its
/// payload is that of a bf16.
Halide::Expr roundedPair(const Halide::Expr &first, const Halide::Expr &second);

/// Number `i` of `pair`, 0 or 1, as the 16 bits of a bf16.  Stored for both `i`
/// unrolled it is the word itself.
Halide::Expr bitsOfPair(const Halide::Expr &pair, const Halide::Expr &i);

/// The sum of both numbers as f32.
Halide::Expr sumOfPair(const Halide::Expr &pair);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_BF16_PAIRS_H
