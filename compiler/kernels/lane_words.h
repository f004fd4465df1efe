//===- lane_words.h - Narrow numbers side by side in 32-bit words ---------===//
//
// What is multiplied in one lane lies side by side in memory: two bf16 or four
// bytes.  Vectors of words make all numbers of each lane at once.  Private to
// this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_LANE_WORDS_H
#define CVT_COMPILER_KERNELS_LANE_WORDS_H

#include <Halide.h>

#include <array>

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

/// The word of four bytes, the first one first in memory.
Halide::Expr quadOf(const std::array<Halide::Expr, 4> &bytes);

/// The same of the low bytes of four words; of the last one, all other bits may
/// be anything, of the others if `masked`.
Halide::Expr quadOfWords(const std::array<Halide::Expr, 4> &words, bool masked);

/// Byte `i` of `quad`, 0 to 3.  Stored for all `i` unrolled it is the word
/// itself.
Halide::Expr byteOfQuad(const Halide::Expr &quad, const Halide::Expr &i);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_LANE_WORDS_H
