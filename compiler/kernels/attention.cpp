//===- attention.cpp - Softmax attention without a score matrix -----------===//
//
// A task takes a block of queries of one head at a time: its scores against
// all keys, their exponentials, and the product with the values all stay in
// the second-level cache.  Scores are computed transposed, queries innermost:
// only the block of queries has to be turned around for that, keys and values
// are read as they are and need no padding, and maxima and sums over keys need
// no arithmetic across the lanes of a vector.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <span>

using namespace Halide;

namespace cvt::kernels {

namespace {

/// `vectors` registers of queries, against which `maxKeys` keys fit.
struct ScoreShape {
  int vectors;
  int maxKeys;
  /// Relative time of a multiply-add.
  double cost;
};
constexpr ScoreShape kShapes32Registers[] = {
    {3, 8, 1.0}, {2, 12, 1.005}, {1, 25, 1.05}};
constexpr ScoreShape kShapes16Registers[] = {
    {3, 4, 1.0}, {2, 6, 1.005}, {1, 12, 1.05}};

/// Columns that divide a head evenly and are whole vectors if the head is,
/// beside a power of two of rows, which divides every block of queries.
MatmulTile outputTile(int headDim, int lanes, int maxVectors,
                      int maxRegisters) {
  int columns = std::min(headDim, maxVectors * lanes);
  while (headDim % columns != 0 ||
         (headDim % lanes == 0 && columns % lanes != 0))
    columns--;
  int vectors = static_cast<int>(llvm::divideCeil(columns, lanes));
  int rows = std::max(
      4, static_cast<int>(llvm::bit_floor<unsigned>(maxRegisters / vectors)));
  return {rows, columns};
}

/// How the work of one head is cut.
struct Blocking {
  int queries;       ///< of one block
  int keysPerTile;   ///< of scores, against all queries of the block
  MatmulTile output; ///< register tile of the product with the values
  int blocksPerTask;

  Blocking(const AttentionSpec &spec, CpuTarget target) {
    const CpuTargetInfo &info = cpuTargetInfo(target);
    const bool many = info.vectorRegisters == 32;
    std::span<const ScoreShape> shapes = kShapes16Registers;
    if (many)
      shapes = kShapes32Registers;

    double bestCost = 0;
    for (const ScoreShape &shape : shapes) {
      int width = shape.vectors * info.lanes;
      double cost = shape.cost * llvm::alignTo(spec.queries, width);
      if (bestCost != 0 && cost >= bestCost)
        continue;
      bestCost = cost;
      queries = width;
      keysPerTile = static_cast<int>(llvm::divideCeil(
          spec.keys, llvm::divideCeil(spec.keys, shape.maxKeys)));
    }

    output = outputTile(static_cast<int>(spec.headDim), info.lanes,
                        /*maxVectors=*/many ? 4 : 3,
                        /*maxRegisters=*/many ? 16 : 8);
    blocksPerTask = stepsPerTask(llvm::divideCeil(spec.queries, queries),
                                 2 * queries * spec.keys * spec.headDim,
                                 spec.heads, info.lanes);
  }
};

} // namespace

void buildKernel(KernelBuilder &builder, const AttentionSpec &spec) {
  const Blocking blocking(spec, builder.target());
  const int lanes = builder.lanes();
  const int headDim = static_cast<int>(spec.headDim);
  const int queries = static_cast<int>(spec.queries);
  const int keys = static_cast<int>(spec.keys);
  const int columns = blocking.output.columns;
  // The exponentials are powers of two.
  const float scale = spec.scale * 1.44269504f;

  ImageParam qIn = builder.input("q"), kIn = builder.input("k"),
             vIn = builder.input("v");
  // Channel c is column j = c % columns of tile t = c / columns.
  Var c("c"), q("q"), k("k"), d("d"), h("h"), b("b"), j("j"), t("t");
  const int tilesPerHead = headDim / columns;
  RDom rd(0, headDim, "rd"), rk(0, keys, "rk");
  Func query("query"), dot("dot"), score("score"), top("top"), power("power"),
      total("total"), factor("factor"), sum("sum"), out("out");
  query(q, d, h, b) =
      cast<float>(qIn(h * headDim + d, min(q, queries - 1), b)) * scale;
  dot(q, k, h, b) += query(q, rd, h, b) * cast<float>(kIn(h * headDim + rd, k, b));
  score(q, k, h, b) = dot(q, k, h, b);
  top(q, h, b) = Float(32).min();
  top(q, h, b) = max(top(q, h, b), score(q, rk, h, b));
  power(q, k, h, b) = exp2Approximation(score(q, k, h, b) - top(q, h, b));
  total(q, h, b) += power(q, rk, h, b);
  factor(q, h, b) = 1.f / total(q, h, b);
  sum(j, q, t, b) +=
      power(q, rk, t / tilesPerHead, b) *
      cast<float>(vIn(t * columns + j, rk, b));
  out(c, q, b) = builder.toOutput(sum(c % columns, q, c / columns, b) *
                                  factor(q, c / headDim, b));
  builder.output(out);

  // The loops over tasks, blocks of queries, and output tiles.
  const TailStrategy tail = vectorTail(columns, lanes);
  Var task("task"), block("block"), qTile("qTile"), qi("qi");
  out.split(c, t, j, columns)
      .split(t, h, t, tilesPerHead)
      .split(q, block, q, blocking.queries, TailStrategy::GuardWithIf)
      .split(q, qTile, qi, blocking.output.rows, TailStrategy::GuardWithIf)
      .split(block, task, block, blocking.blocksPerTask,
             TailStrategy::GuardWithIf)
      .reorder(j, qi, qTile, t, block, task, h, b)
      .fuse(task, h, task)
      .fuse(task, b, task)
      .parallel(task)
      .vectorize(j, lanes, tail)
      .never_partition_all();
  sum.compute_at(out, qTile)
      .bound_extent(q, blocking.output.rows)
      .vectorize(j, lanes, TailStrategy::RoundUp)
      .unroll(j)
      .unroll(q)
      .update()
      .reorder(j, q, rk)
      .vectorize(j, lanes, tail)
      .unroll(j)
      .unroll(q);

  // All of what follows is computed for one block.
  for (Func f : {query, score, top, power, total, factor})
    f.compute_at(out, block)
        .bound_extent(q, blocking.queries)
        .vectorize(q, lanes)
        .unroll(q);
  for (Func f : {top, total})
    f.update().reorder(q, rk).vectorize(q, lanes).unroll(q);
  Var kTile("kTile"), ki("ki");
  score.bound_extent(k, keys)
      .split(k, kTile, ki, blocking.keysPerTile, TailStrategy::ShiftInwards)
      .reorder(q, ki, kTile)
      .never_partition_all();
  computeInRegisters(dot, score, kTile, rd,
                     {blocking.keysPerTile, blocking.queries}, lanes);
}

} // namespace cvt::kernels
