//===- strassen_product.h - Eight products of tiles as seven --------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_STRASSEN_PRODUCT_H
#define CVT_COMPILER_KERNELS_STRASSEN_PRODUCT_H

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/linear_blocking.h"

#include <Halide.h>

#include <array>
#include <string>
#include <vector>

namespace cvt::kernels {

/// a * w of a linear layer in f32 by Strassen's algorithm (Gaussian elimination
/// is not optimal, 1969), one level of it, for whole blocks of rows.  With two
/// by two tiles of inputs a and of weights w, which share their columns and
/// rows, the seven products
///   m1 = (a11 + a22) (w11 + w22)   m4 = a22 (w21 - w11)
///   m2 = (a21 + a22) w11           m5 = (a11 + a12) w22
///   m3 = a11 (w12 - w22)           m6 = (a21 - a11) (w11 + w12)
///                                  m7 = (a12 - a22) (w21 + w22)
/// are what the tiles of outputs take:
///   m1 + m4 - m5 + m7   m3 + m5
///   m2 + m4             m1 - m2 + m3 + m6
/// Errors of an output are as large as its neighbours' make them, and NaN and
/// infinities of a row get into the other rows of its block.  No block has rows
/// of two images.
class StrassenProduct {
public:
  StrassenProduct(const KernelBuilder &builder, const LinearSpec &spec,
                  const StrassenBlocking &blocking);

  /// Column j of pair p, in the panel on the right if `right` is not 0, of row
  /// i of block b of an image, in the lower tile if `lower` is not 0.
  Halide::Expr sum(const Halide::Expr &j, const Halide::Expr &right,
                   const Halide::Expr &p, const Halide::Expr &i,
                   const Halide::Expr &lower, const Halide::Expr &b,
                   const Halide::Expr &image) const;

  /// Computes blocks in loop `task` over blocks of one pair, in which loop
  /// `block` goes over so many as the blocking says at most.  Returns how
  /// weights are streamed, where `blockLoop` is the name of that loop.
  StreamedInput schedule(const Halide::LoopLevel &task,
                         const Halide::LoopLevel &block,
                         const std::string &blockLoop, int lanes);

private:
  /// What the products at `at`, for one chunk, are of the four tiles of
  /// outputs: upper left and right, lower left and right.
  std::array<Halide::Expr, 4>
  tilesOf(const std::vector<Halide::Expr> &at) const;

  /// Where loop `passLoop` goes over the blocks that take the same weights.
  StreamedInput streamedWeights(const std::string &passLoop) const;

  const StrassenBlocking blocking;
  const int inputs;
  /// Whether lower tiles are copied: their rows and those of the upper ones
  /// would push each other out of the first-level cache.
  const bool copiesRows;
  /// Column j and row i of a tile, pair of panels p, block b of an image, chunk
  /// c, input n.
  Halide::Var j{"j"}, i{"i"}, p{"p"}, b{"b"}, image{"image"}, c{"c"}, n{"n"};
  Halide::RDom k, chunk;
  Halide::Func lowerRow{"lowerRow"}, sums{"sums"};
  std::array<Halide::Func, 7> products;
};

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_STRASSEN_PRODUCT_H
