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
/// registers, once in each iteration of loop `at` of `consumer`, which must
/// need exactly one tile.  If `sideBySide`, the first variable of `k` runs over
/// what is multiplied in one lane: see `interleave`.
void computeInRegisters(Halide::Func sum, Halide::Func consumer,
                        const Halide::VarOrRVar &at, const Halide::RDom &k,
                        const MatmulTile &tile, int lanes,
                        bool sideBySide = false);

/// As above, for a `sum` over `chunk` of `part`(column, row, ..., chunk), which
/// is the sum over `k`.  A long sum in f32 loses digits to its own size: cut in
/// chunks it is the more exact, for some additions in the first-level cache.
void computeInChunks(Halide::Func part, const Halide::RDom &k, Halide::Func sum,
                     const Halide::RDom &chunk, Halide::Func consumer,
                     Halide::Var at, const MatmulTile &tile, int lanes);

/// How many iterations of `steps` equal ones, `multiplyAdds` each, go into one
/// task: enough to hide the cost of starting it, few enough that the tasks of
/// one image, `panels` times as many, occupy several threads evenly.
int stepsPerTask(int64_t steps, int64_t multiplyAdds, int64_t panels,
                 int lanes);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_REGISTER_TILE_H
