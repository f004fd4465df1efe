//===- register_tile.h - The inner loops of matmul-like kernels -----------===//
//
// A block of MatmulTile outputs stays in registers while the whole reduction
// runs over it.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_REGISTER_TILE_H
#define CVT_COMPILER_KERNELS_REGISTER_TILE_H

#include "compiler/kernels/matmul_tile.h"

#include <Halide.h>

namespace cvt::kernels {

/// Schedules `sum`(column, row, ...) with its only update, a sum over `k`, in
/// registers, once in each iteration of loop `at`, which must need exactly one
/// tile.  If `sideBySide`, the first variable of `k` runs over what is
/// multiplied in one lane: see `interleave`.
void computeInRegisters(Halide::Func sum, const Halide::LoopLevel &at,
                        const Halide::RDom &k, const MatmulTile &tile,
                        int lanes, bool sideBySide = false);

/// Schedules `sum`, which adds up `part`(column, row, ..., chunk) over `chunk`,
/// in each iteration of loop `at`, which must need one tile's columns and
/// `maxTiles` tiles of rows at most; it computes whole tiles.  For one chunk
/// after the other, loop `rowTile` adds a tile of `part` to each tile, the sum
/// over `k` in registers.  So it is a chunk of the weights that is streamed,
/// and a long sum in f32 loses fewer digits to its own size.
/// sideBySide: as computeInRegisters takes it.
void computeInChunks(Halide::Func part, const Halide::RDom &k, Halide::Func sum,
                     const Halide::RDom &chunk, const Halide::LoopLevel &at,
                     Halide::Var rowTile, int maxTiles, const MatmulTile &tile,
                     int lanes, bool sideBySide = false);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_REGISTER_TILE_H
