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

#include <vector>

namespace cvt::kernels {

/// The word of two numbers of bf16, the first one first in memory.
Halide::Expr pairOf(const Halide::Expr &first, const Halide::Expr &second);

/// The same of two f32 >= 0, each rounded to the nearest.  NaN stays NaN if its
/// payload is that of a bf16.
Halide::Expr roundedPair(const Halide::Expr &first, const Halide::Expr &second);

/// The word of two numbers of 16 bits without a sign, or four of 8, the first
/// one first in memory.
Halide::Expr wordOf(const std::vector<Halide::Expr> &numbers);

/// The same of the low halves of two words, or of the low bytes of four.
Halide::Expr wordOfLowBits(const std::vector<Halide::Expr> &words);

/// Number `i` of `word`, as the bits of `type`, UInt(16) or UInt(8).  Stored
/// for all `i` unrolled it is the word itself.
Halide::Expr numberOf(const Halide::Expr &word, const Halide::Expr &i,
                      const Halide::Type &type);

/// The upper 16 bits of the products of the halves of two words, without signs:
/// a call of `kProductsOfHalves`, of which addLoweringPasses makes
/// instructions.
Halide::Expr productsOfHalves(const Halide::Expr &a, const Halide::Expr &b);
inline constexpr const char *kProductsOfHalves = "products_of_halves";

/// The sum of both numbers as f32.
Halide::Expr sumOfPair(const Halide::Expr &pair);

/// The word of the high bytes of each half of two words: bytes 0 and 2 are
/// those of `even`, 1 and 3 those of `odd`.
Halide::Expr quadOfHalves(const Halide::Expr &even, const Halide::Expr &odd);

/// Both halves of a word without their low bytes.
Halide::Expr highBytes(const Halide::Expr &word);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_LANE_WORDS_H
