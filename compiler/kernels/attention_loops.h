//===- attention_loops.h - Loops of attention in all formats --------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_LOOPS_H
#define CVT_COMPILER_KERNELS_ATTENTION_LOOPS_H

#include "compiler/kernels/attention_blocking.h"
#include "compiler/kernels/kernel_spec.h"
#include "compiler/kernels/matmul_tile.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <Halide.h>

namespace cvt::kernels {

/// Turns the queries of a block in loop `block` of `consumer`: query(i, q, d,
/// h, b) is number i of turned(q, d, h, b), d < steps, so that queries are side
/// by side.
void scheduleQueries(Halide::Func query, Halide::Func turned, int queries,
                     int steps, Halide::Func consumer, Halide::Var block,
                     int lanes);

/// The scores of a block of queries against all `keys`, and the largest of each
/// query's, which is found while they are in registers.
class BlockScores {
public:
  /// score(q, k, h, b) for k < keys.
  Halide::Func score{"score"};

  /// Computed for `tile`, at most `keys` keys by queries, at a time.
  BlockScores(int64_t keys, const MatmulTile &tile);

  /// scoreOf(k) is the score for key k of what dot(q, k, h, b) has summed up.
  void define(Halide::Func dot,
              llvm::function_ref<Halide::Expr(const Halide::Expr &k)> scoreOf);

  Halide::Expr largest(const Halide::Var &q, const Halide::Var &h,
                       const Halide::Var &b) const;

  /// Computes them in loop `block` of `consumer`, and sums `dot` over `channel`
  /// in registers.  sideBySide: as computeInRegisters takes it.
  void schedule(Halide::Func consumer, Halide::Var block, Halide::RDom channel,
                int lanes, bool sideBySide);

private:
  const int keys;
  const MatmulTile tile;
  Halide::Func dot;
  Halide::RDom keyTile;
};

/// Loops of out(c, q, b), innermost first: column j of tile t of channels,
/// tiles of queries, blocks of queries, tasks.
struct OutputLoops {
  Halide::Var j{"j"}, qTile{"qTile"}, t{"t"}, block{"block"}, task{"task"};
};

/// Computes `out` in parallel in loop `task`.  Neighbouring tasks are the heads
/// of the same queries, which the same thread has read and writes.
void scheduleTasks(Halide::Func out, const AttentionSpec &spec,
                   const AttentionBlocking &blocking, const OutputLoops &loops,
                   int lanes);

/// Computes sum(j, q, t, b), which is summed over `key`, in registers for a
/// tile of the output at a time, in loop `qTile` of `out`. sideBySide: as
/// computeInRegisters takes it.
void scheduleSum(Halide::Func sum, Halide::RDom key, Halide::Func out,
                 Halide::Var qTile, const MatmulTile &tile, int lanes,
                 bool sideBySide);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_LOOPS_H
