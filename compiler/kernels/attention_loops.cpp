//===- attention_loops.cpp - Loops of attention in all formats ------------===//

#include "compiler/kernels/attention_loops.h"

#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"
#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <vector>

using namespace Halide;

namespace cvt::kernels {

void scheduleQueries(Func query, Func turned, int queries, int steps,
                     Func consumer, Var block, int lanes) {
  Var i = query.args()[0], q = query.args()[1], d = query.args()[2];
  query.compute_at(consumer, block)
      .bound_extent(q, queries)
      .reorder(i, d, q)
      .vectorize(q, lanes)
      .unroll(i);
  // As many stores side by side as vectors have lanes transpose a square.
  turned.compute_at(query, q).bound_extent(q, lanes).reorder(q, d);
  if (steps % lanes == 0)
    turned.vectorize(d, lanes).unroll(q);
  else
    turned.vectorize(q, lanes);
}

BlockScores::BlockScores(int64_t keys, const MatmulTile &tile)
    : keys(static_cast<int>(keys)), tile(tile),
      keyTile(0, static_cast<int>(llvm::divideCeil(keys, tile.rows)),
              "keyTile") {}

/// The largest is in the place of one more key.
Expr BlockScores::largest(const Var &q, const Var &h, const Var &b) const {
  return score(q, keys, h, b);
}

void BlockScores::define(Func dot,
                         llvm::function_ref<Expr(const Expr &k)> scoreOf) {
  this->dot = dot;
  const std::vector<Var> variables = dot.args();
  const Var q = variables[0], k = variables[1], h = variables[2],
            b = variables[3];
  // Tiles cover all keys: nothing is stored before them but the first maximum.
  score(q, k, h, b) = undef<float>();
  score(q, keys, h, b) = Float(32).min();
  // The last tile computes some scores again.
  Expr first = min(keyTile * tile.rows, keys - tile.rows);
  Expr top = largest(q, h, b);
  std::vector<Expr> places, values;
  for (int key = 0; key < tile.rows; key++) {
    places.push_back(first + key);
    values.push_back(scoreOf(first + key));
    top = max(top, values.back());
  }
  places.push_back(keys);
  values.push_back(top);
  score(q, scatter(places), h, b) = gather(values);
}

void BlockScores::schedule(Func consumer, Var block, RDom channel, int lanes,
                           bool sideBySide) {
  const Var q = score.args()[0], k = score.args()[1];
  score.compute_at(consumer, block)
      .bound_extent(q, tile.columns)
      .bound_extent(k, keys + 1);
  score.update(0).vectorize(q, lanes).unroll(q);
  score.update(1).reorder(q, keyTile).vectorize(q, lanes).unroll(q);
  computeInRegisters(dot, LoopLevel(score, keyTile.x), channel, tile, lanes,
                     sideBySide);
}

void scheduleTasks(Func out, const AttentionSpec &spec,
                   const AttentionBlocking &blocking, const OutputLoops &loops,
                   int lanes) {
  Var c = out.args()[0], q = out.args()[1], b = out.args()[2];
  const auto &[j, qTile, t, block, task] = loops;
  Var h("h"), half("half"), qi("qi");
  const MatmulTile &tile = blocking.output;
  const int tilesPerHead = static_cast<int>(spec.headDim) / tile.columns;
  out.split(c, t, j, tile.columns)
      .split(t, h, t, tilesPerHead)
      .split(q, block, q, blocking.queries(), TailStrategy::GuardWithIf)
      .split(q, qTile, qi, tile.rows, TailStrategy::GuardWithIf)
      .split(block, half, block,
             stepsPerHalf(llvm::divideCeil(spec.queries, blocking.queries()),
                          blocking.blocksPerTask),
             TailStrategy::GuardWithIf)
      .split(block, task, block, blocking.blocksPerTask,
             TailStrategy::GuardWithIf)
      .reorder(j, qi, qTile, t, block, h, task, half, b)
      .fuse(h, task, task)
      .fuse(task, half, task)
      .fuse(task, b, task)
      .parallel(task)
      .vectorize(j, lanes, vectorTail(tile.columns, lanes))
      .never_partition_all();
}

void scheduleSum(Func sum, RDom key, Func out, Var qTile,
                 const MatmulTile &tile, int lanes, bool sideBySide) {
  Var j = sum.args()[0], q = sum.args()[1];
  sum.compute_at(out, qTile)
      .bound_extent(q, tile.rows)
      .vectorize(j, lanes, TailStrategy::RoundUp)
      .unroll(j)
      .unroll(q)
      .update()
      .reorder(key.x, j, q, key.y);
  if (sideBySide)
    sum.update().atomic().vectorize(key.x);
  sum.update()
      .vectorize(j, lanes, vectorTail(tile.columns, lanes))
      .unroll(j)
      .unroll(q);
}

} // namespace cvt::kernels
