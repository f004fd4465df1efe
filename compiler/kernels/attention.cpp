//===- attention.cpp - Softmax attention without a score matrix -----------===//
//
// A task takes a block of queries of one head at a time: its scores against
// all keys, their exponentials, and the product with the values all stay in
// the second-level cache.  Scores are computed transposed, queries innermost:
// only the block of queries has to be turned around for that, keys and values
// are read as they are and need no padding, and maxima and sums over keys need
// no arithmetic across the lanes of a vector.
//
// In bf16 two channels, and then two keys, are multiplied side by side.  Keys
// are read as they are all the same; a task pairs its values once, those of an
// odd last key with zeros.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/attention.h"
#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/lane_words.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

namespace {

constexpr ScoreShape kF32Shapes[] = {{3, 8, 1.0}, {2, 12, 1.03}, {1, 25, 1.05}};
constexpr ScoreShape kBf16Shapes[] = {{3, 8, 1.0}, {2, 12, 1.03}, {1, 25, 1.3}};
constexpr ScoreShape kI8Shapes[] = {{3, 8, 1.0}, {2, 12, 1.005}, {1, 25, 1.05}};
constexpr ScoreShape kShapes16Registers[] = {
    {3, 4, 1.0}, {2, 6, 1.005}, {1, 12, 1.05}};

} // namespace

std::span<const ScoreShape> scoreShapes(CpuTarget target, Element math) {
  if (cpuTargetInfo(target).vectorRegisters != 32)
    return kShapes16Registers;
  switch (math) {
  case Element::Bf16:
    return kBf16Shapes;
  case Element::I8:
    return kI8Shapes;
  default:
    return kF32Shapes;
  }
}

MatmulTile attentionOutputTile(const AttentionSpec &spec, CpuTarget target) {
  const CpuTargetInfo &info = cpuTargetInfo(target);
  const bool many = info.vectorRegisters == 32;
  const int lanes = info.lanes, maxVectors = many ? 4 : 3;
  const int maxRegisters = many ? 16 : 8;
  const int headDim = static_cast<int>(spec.headDim);
  int columns = std::min(headDim, maxVectors * lanes);
  while (headDim % columns != 0 ||
         (headDim % lanes == 0 && columns % lanes != 0))
    columns--;
  int vectors = static_cast<int>(llvm::divideCeil(columns, lanes));
  int rows = std::max(
      4, static_cast<int>(llvm::bit_floor<unsigned>(maxRegisters / vectors)));
  return {rows, columns};
}

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

void scheduleScores(Func score, Func dot, RDom channel, int keys,
                    const MatmulTile &tile, Func consumer, Var block, int lanes,
                    bool sideBySide) {
  Var q = score.args()[0], k = score.args()[1], kTile("kTile"), ki("ki");
  score.compute_at(consumer, block)
      .bound_extent(q, tile.columns)
      .bound_extent(k, keys)
      .split(k, kTile, ki, tile.rows, TailStrategy::ShiftInwards)
      .reorder(q, ki, kTile)
      .vectorize(q, lanes)
      .unroll(q)
      .unroll(ki)
      .never_partition_all();
  computeInRegisters(dot, score, kTile, channel, tile, lanes, sideBySide);
}

void scheduleOutput(Func out, Func sum, RDom key, const AttentionSpec &spec,
                    const QueryBlocks &blocks, const MatmulTile &tile, Var task,
                    Var block, int lanes, bool sideBySide) {
  Var c = out.args()[0], q = out.args()[1], b = out.args()[2];
  Var j = sum.args()[0], t = sum.args()[2];
  Var h("h"), half("half"), qTile("qTile"), qi("qi");
  const int tilesPerHead = static_cast<int>(spec.headDim) / tile.columns;
  const TailStrategy tail = vectorTail(tile.columns, lanes);
  out.split(c, t, j, tile.columns)
      .split(t, h, t, tilesPerHead)
      .split(q, block, q, blocks.queries, TailStrategy::GuardWithIf)
      .split(q, qTile, qi, tile.rows, TailStrategy::GuardWithIf)
      .split(block, half, block,
             stepsPerHalf(llvm::divideCeil(spec.queries, blocks.queries),
                          blocks.blocksPerTask),
             TailStrategy::GuardWithIf)
      .split(block, task, block, blocks.blocksPerTask,
             TailStrategy::GuardWithIf)
      .reorder(j, qi, qTile, t, block, h, task, half, b)
      .fuse(h, task, task)
      .fuse(task, half, task)
      .fuse(task, b, task)
      .parallel(task)
      .vectorize(j, lanes, tail)
      .never_partition_all();
  sum.compute_at(out, qTile)
      .bound_extent(q, tile.rows)
      .vectorize(j, lanes, TailStrategy::RoundUp)
      .unroll(j)
      .unroll(q)
      .update()
      .reorder(key.x, j, q, key.y);
  if (sideBySide)
    sum.update().atomic().vectorize(key.x);
  sum.update().vectorize(j, lanes, tail).unroll(j).unroll(q);
}

namespace {

/// The tile of scores, keys by queries, with which a head takes the least time:
/// less at ragged ends, and for few keys of one tile.
MatmulTile scoreTile(const AttentionSpec &spec, const KernelBuilder &builder) {
  MatmulTile best = {};
  double bestTime = 0;
  for (const ScoreShape &shape :
       scoreShapes(builder.target(), builder.formats().math))
    for (int keys = shape.maxKeys; 3 * keys >= 2 * shape.maxKeys; keys--) {
      const int queries = shape.vectors * builder.lanes();
      const double scores =
          shape.cost * llvm::divideCeil(spec.keys, keys) * (keys + 0.3);
      const double time =
          llvm::alignTo(spec.queries, queries) * (scores + spec.keys);
      if (bestTime != 0 && time >= bestTime)
        continue;
      bestTime = time;
      best = {static_cast<int>(std::min<int64_t>(keys, spec.keys)), queries};
    }
  return best;
}

/// How the work of one head is cut.
struct Blocking {
  MatmulTile scores; ///< keys by queries: those of one block
  MatmulTile output; ///< register tile of the product with the values
  int blocksPerTask;

  Blocking(const AttentionSpec &spec, const KernelBuilder &builder)
      : scores(scoreTile(spec, builder)),
        output(attentionOutputTile(spec, builder.target())),
        blocksPerTask(
            stepsPerTask(llvm::divideCeil(spec.queries, scores.columns),
                         2 * scores.columns * spec.keys * spec.headDim /
                             builder.interleave(),
                         spec.heads, builder.lanes())) {}
};

/// What is multiplied side by side, two numbers or one, is numbered by `i`.
bool isPaired(const KernelBuilder &builder) {
  return builder.interleave() == 2;
}

/// An element of a `query`, `power` or `value` below, as it is multiplied.
Expr operand(const Expr &x) {
  return x.type() == UInt(16) ? cast<float>(reinterpret(BFloat(16), x)) : x;
}

/// score(q, k, h, b), a power of two.
class Scores {
public:
  Func score{"score"};

  Scores(const KernelBuilder &builder, const AttentionSpec &spec);
  /// Computes them in loop `block` of `consumer`.
  void schedule(Func consumer, Var block, const Blocking &blocking, int lanes);

private:
  const bool paired;
  const int keys, steps;
  Var i{"i"}, q{"q"}, k{"k"}, d{"d"}, h{"h"}, b{"b"};
  RDom channel;
  Func turned{"turned"}, query{"query"}, dot{"dot"};
};

Scores::Scores(const KernelBuilder &builder, const AttentionSpec &spec)
    : paired(isPaired(builder)), keys(static_cast<int>(spec.keys)),
      steps(static_cast<int>(spec.headDim) / (paired ? 2 : 1)) {
  const int headDim = static_cast<int>(spec.headDim);
  const int queries = static_cast<int>(spec.queries);
  const float scale = spec.scale * 1.44269504f;
  ImageParam qIn = builder.input("q"), kIn = builder.input("k");
  auto input = [&](const Expr &channel) {
    return qIn(h * headDim + channel, min(q, queries - 1), b);
  };
  if (paired) {
    turned(q, d, h, b) = pairOf(input(2 * d), input(2 * d + 1));
    query(i, q, d, h, b) = numberOf(turned(q, d, h, b), i, UInt(16));
    channel = RDom(0, 2, 0, steps, "channel");
  } else {
    turned(q, d, h, b) = cast<float>(input(d)) * scale;
    query(i, q, d, h, b) = turned(q, d, h, b);
    channel = RDom(0, 1, 0, steps, "channel");
  }
  Expr c = channel.y * (paired ? 2 : 1) + channel.x;
  dot(q, k, h, b) += operand(query(channel.x, q, channel.y, h, b)) *
                     cast<float>(kIn(h * headDim + c, k, b));
  // Scaled queries would have to be rounded again.
  score(q, k, h, b) = paired ? dot(q, k, h, b) * scale : dot(q, k, h, b);
}

void Scores::schedule(Func consumer, Var block, const Blocking &blocking,
                      int lanes) {
  scheduleQueries(query, turned, blocking.scores.columns, steps, consumer,
                  block, lanes);
  scheduleScores(score, dot, channel, keys, blocking.scores, consumer, block,
                 lanes, paired);
}

/// power(i, q, k, h, b), the exponential for the key that is multiplied as
/// number i of k, and the factor(q, h, b) that normalizes them.
class Powers {
public:
  Func power{"power"}, factor{"factor"};

  Powers(const KernelBuilder &builder, const AttentionSpec &spec, Func score);
  /// Computes them in loop `block` of `consumer`.
  void schedule(Func consumer, Var block, const Blocking &blocking, int lanes);

private:
  const bool paired;
  Var i{"i"}, q{"q"}, k{"k"}, h{"h"}, b{"b"};
  RDom key, step;
  Func top{"top"}, pair{"pair"}, total{"total"};
};

Powers::Powers(const KernelBuilder &builder, const AttentionSpec &spec,
               Func score)
    : paired(isPaired(builder)) {
  const int keys = static_cast<int>(spec.keys);
  key = RDom(0, keys, "key");
  step = RDom(0, paired ? (keys + 1) / 2 : keys, "step");
  top(q, h, b) = Float(32).min();
  top(q, h, b) = max(top(q, h, b), score(q, key, h, b));
  auto powerOf = [&](const Expr &key) {
    return exp2Approximation(score(q, key, h, b) - top(q, h, b),
                             builder.formats().math);
  };
  if (paired) {
    Expr second = powerOf(min(2 * k + 1, keys - 1));
    if (keys % 2 != 0)
      second = select(2 * k + 1 < keys, second, 0.f);
    pair(q, k, h, b) = roundedPair(powerOf(2 * k), second);
    power(i, q, k, h, b) = numberOf(pair(q, k, h, b), i, UInt(16));
    // Of what was rounded: the weights add up to 1.
    total(q, h, b) +=
        sumOfPair(pairOf(power(0, q, step, h, b), power(1, q, step, h, b)));
  } else {
    power(i, q, k, h, b) = powerOf(k);
    total(q, h, b) += power(0, q, step, h, b);
  }
  factor(q, h, b) = 1.f / total(q, h, b);
}

void Powers::schedule(Func consumer, Var block, const Blocking &blocking,
                      int lanes) {
  power.reorder(i, q, k).unroll(i);
  for (Func f : {top, power, total, factor})
    f.compute_at(consumer, block)
        .bound_extent(q, blocking.scores.columns)
        .vectorize(q, lanes)
        .unroll(q);
  top.update().reorder(q, key).vectorize(q, lanes).unroll(q);
  total.update().reorder(q, step).vectorize(q, lanes).unroll(q);
  if (paired)
    pair.compute_at(power, q).vectorize(q, lanes);
}

} // namespace

void buildKernel(KernelBuilder &builder, const AttentionSpec &spec) {
  if (builder.formats().math == Element::I8)
    return buildQuantizedAttention(builder, spec);
  const Blocking blocking(spec, builder);
  const bool paired = isPaired(builder);
  const int lanes = builder.lanes();
  const int headDim = static_cast<int>(spec.headDim);
  const int keys = static_cast<int>(spec.keys);
  const int columns = blocking.output.columns;

  // Channel c is column j = c % columns of tile t = c / columns.
  Var c("c"), q("q"), k("k"), b("b"), i("i"), j("j"), t("t");
  const int tilesPerHead = headDim / columns;
  const int f = paired ? 2 : 1;
  RDom key(0, f, 0, (keys + f - 1) / f, "key");
  Scores scores(builder, spec);
  Powers powers(builder, spec, scores.score);
  Func value("value"), sum("sum"), out("out");
  Expr v = builder.input("v")(t * columns + j, min(f * k + i, keys - 1), b);
  if (!paired)
    value(i, j, k, t, b) = cast<float>(v);
  else if (keys % 2 == 0)
    value(i, j, k, t, b) = reinterpret<uint16_t>(v);
  else
    value(i, j, k, t, b) =
        select(2 * k + i < keys, reinterpret<uint16_t>(v), uint16_t(0));
  sum(j, q, t, b) +=
      operand(powers.power(key.x, q, key.y, t / tilesPerHead, b)) *
      operand(value(key.x, j, key.y, t, b));
  out(c, q, b) = builder.toOutput(sum(c % columns, q, c / columns, b) *
                                  powers.factor(q, c / headDim, b));
  builder.output(out);

  Var task("task"), block("block");
  scheduleOutput(out, sum, key, spec,
                 {blocking.scores.columns, blocking.blocksPerTask},
                 blocking.output, task, block, lanes, paired);
  if (paired)
    value.compute_at(out, task)
        .reorder(i, j, k)
        .vectorize(j, lanes, vectorTail(columns, lanes))
        .unroll(i);
  scores.schedule(out, block, blocking, lanes);
  powers.schedule(out, block, blocking, lanes);
}

} // namespace cvt::kernels
