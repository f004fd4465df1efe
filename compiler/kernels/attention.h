//===- attention.h - What kernels of attention share ----------------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_H
#define CVT_COMPILER_KERNELS_ATTENTION_H

#include "compiler/kernels/attention_blocking.h"
#include "compiler/kernels/kernel_builder.h"

namespace cvt::kernels {

/// Turns the queries of a block in loop `block` of `consumer`: query(i, q, d,
/// h, b) is number i of turned(q, d, h, b), d < steps, so that queries are side
/// by side.
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

/// The kernel where `math` is i8.
void buildQuantizedAttention(KernelBuilder &builder, const AttentionSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_H
