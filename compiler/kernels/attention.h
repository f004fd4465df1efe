//===- attention.h - What kernels of attention share ----------------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_H
#define CVT_COMPILER_KERNELS_ATTENTION_H

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/matmul_tile.h"

#include <span>

namespace cvt::kernels {

/// `vectors` registers of queries, against which `maxKeys` keys fit.
struct ScoreShape {
  int vectors;
  int maxKeys;
  /// Relative time of a multiply-add.
  double cost;
};

/// Register tiles of scores for products in `math`, those of most queries first.
std::span<const ScoreShape> scoreShapes(CpuTarget target, Element math);

/// Of the product with the values: columns that divide a head evenly and are
/// whole vectors if the head is, beside a power of two of rows, which divides
/// every block of queries that is made of vectors.
MatmulTile attentionOutputTile(const AttentionSpec &spec, CpuTarget target);

/// Turns the queries of a block in loop `block` of `consumer`: query(i, q, d, h,
/// b) is number i of turned(q, d, h, b), d < steps, so that queries are side by
/// side.
void scheduleQueries(Halide::Func query, Halide::Func turned, int queries,
                     int steps, Halide::Func consumer, Halide::Var block,
                     int lanes);

/// Computes the scores of a block against all `keys` in loop `block` of
/// `consumer`: score(q, k, h, b) of dot(q, k, h, b), which is summed over
/// `channel` in registers for `tile`, keys by queries, at a time.
/// sideBySide: as computeInRegisters takes it.
void scheduleScores(Halide::Func score, Halide::Func dot, Halide::RDom channel,
                    int keys, const MatmulTile &tile, Halide::Func consumer,
                    Halide::Var block, int lanes, bool sideBySide);

/// How the queries of one head are cut: blocks of `queries`, of which a task has
/// `blocksPerTask`.
struct QueryBlocks {
  int queries;
  int blocksPerTask;
};

/// Computes out(c, q, b) in parallel in loop `task`, in it in loop `block`, and
/// in it sum(j, q, t, b), which is summed over `key`, in registers for a `tile`
/// of queries by channels at a time.  Channel c is column j = c % tile.columns of
/// tile t = c / tile.columns.  Neighbouring tasks are the heads of the same
/// queries, which the same thread has read and writes.
/// sideBySide: as computeInRegisters takes it.
void scheduleOutput(Halide::Func out, Halide::Func sum, Halide::RDom key,
                    const AttentionSpec &spec, const QueryBlocks &blocks,
                    const MatmulTile &tile, Halide::Var task, Halide::Var block,
                    int lanes, bool sideBySide);

/// The kernel where `math` is i8.
void buildQuantizedAttention(KernelBuilder &builder, const AttentionSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_H
