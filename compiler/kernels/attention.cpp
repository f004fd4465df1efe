//===- attention.cpp - Softmax attention without a score matrix -----------===//
//
// A task takes a block of queries of one head at a time: its scores against
// all keys, their exponentials, and the product with the values all stay in
// the second-level cache.  Scores are computed transposed, queries innermost:
// only the block of queries has to be turned around for that, keys and values
// are read as they are and need no padding, and maxima and sums over keys need
// no arithmetic across the lanes of a vector.
//
// Where registers hold a slice of a head only, each slice is multiplied with
// all powers, a chunk of keys at a time, so that these stay in the first-level
// cache.
//
// In bf16 two channels, and then two keys, are multiplied side by side.  Keys
// are read as they are all the same; a task pairs its values once, those of an
// odd last key with zeros.  Without instructions for pairs it widens both once.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/attention_blocking.h"
#include "compiler/kernels/attention_i8.h"
#include "compiler/kernels/attention_loops.h"
#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/lane_words.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

namespace {

/// What is multiplied side by side, two numbers or one, is numbered by `i`.
bool isPaired(const KernelBuilder &builder) {
  return builder.interleave() == 2;
}

/// An element of a `query`, `power` or `value` below, as it is multiplied.
Expr operand(const Expr &x) {
  return x.type() == UInt(16) ? cast<float>(reinterpret(BFloat(16), x)) : x;
}

/// The number of step `x` of chunk `c`, where all `steps` are cut in chunks of
/// `size`.  `domain`, which is x's, leaves out what the last chunk lacks.
Expr stepOfChunk(RDom &domain, const RVar &x, const Var &c, int size,
                 int steps) {
  Expr step = x + size * c;
  if (steps % size != 0)
    domain.where(step < steps);
  return min(step, steps - 1);
}

/// The exponents of two.
class Scores {
public:
  BlockScores exponents;

  Scores(const KernelBuilder &builder, const AttentionSpec &spec,
         const AttentionBlocking &blocking);
  /// Computes them in loop `block`, inside of loop `task`, of `consumer`.
  void schedule(Func consumer, Var block, Var task);

private:
  const AttentionBlocking &blocking;
  const bool paired;
  const int steps, lanes;
  Var i{"i"}, q{"q"}, k{"k"}, d{"d"}, h{"h"}, b{"b"};
  RDom channel;
  Func turned{"turned"}, query{"query"}, key{"key"}, dot{"dot"};
};

Scores::Scores(const KernelBuilder &builder, const AttentionSpec &spec,
               const AttentionBlocking &blocking)
    : exponents(spec.keys, blocking.scores), blocking(blocking),
      paired(isPaired(builder)),
      steps(static_cast<int>(spec.headDim) / (paired ? 2 : 1)),
      lanes(builder.lanes()) {
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
  key(d, k, h, b) = cast<float>(kIn(h * headDim + d, k, b));
  dot(q, k, h, b) +=
      operand(query(channel.x, q, channel.y, h, b)) * key(c, k, h, b);
  // Scaled queries would have to be rounded again.
  exponents.define(dot, [&](const Expr &k) {
    return paired ? dot(q, k, h, b) * scale : dot(q, k, h, b);
  });
}

void Scores::schedule(Func consumer, Var block, Var task) {
  if (blocking.copiesKeys)
    key.compute_at(consumer, task)
        .vectorize(d, lanes, vectorTail(steps, lanes));
  scheduleQueries(query, turned, blocking.queries(), steps, consumer, block,
                  lanes);
  exponents.schedule(consumer, block, channel, lanes, paired);
}

/// power(i, q, k, h, b), the exponential for the key that is multiplied as
/// number i of k, and the factor(q, h, b) that normalizes them.
class Powers {
public:
  Func power{"power"}, factor{"factor"};

  Powers(const KernelBuilder &builder, const AttentionSpec &spec,
         const BlockScores &exponents);
  /// Computes them in loop `block` of `consumer`, which has so many `queries`.
  void schedule(Func consumer, Var block, int queries, int lanes);

private:
  const bool paired;
  Var i{"i"}, q{"q"}, k{"k"}, h{"h"}, b{"b"};
  RDom step, chunk;
  Func pair{"pair"}, part{"part"}, total{"total"};

  void defineTotal(llvm::function_ref<Expr(const Expr &step)> term, int steps);
};

Powers::Powers(const KernelBuilder &builder, const AttentionSpec &spec,
               const BlockScores &exponents)
    : paired(isPaired(builder)) {
  const int keys = static_cast<int>(spec.keys);
  auto powerOf = [&](const Expr &key) {
    return exp2Approximation(exponents.score(q, key, h, b) -
                                 exponents.largest(q, h, b),
                             builder.formats().math);
  };
  if (paired) {
    Expr second = powerOf(min(2 * k + 1, keys - 1));
    if (keys % 2 != 0)
      second = select(2 * k + 1 < keys, second, 0.f);
    pair(q, k, h, b) = roundedPair(powerOf(2 * k), second);
    power(i, q, k, h, b) = numberOf(pair(q, k, h, b), i, UInt(16));
    // Of what was rounded: the weights add up to 1.
    defineTotal(
        [&](const Expr &step) {
          return sumOfPair(
              pairOf(power(0, q, step, h, b), power(1, q, step, h, b)));
        },
        (keys + 1) / 2);
  } else {
    power(i, q, k, h, b) = powerOf(k);
    defineTotal([&](const Expr &step) { return power(0, q, step, h, b); },
                keys);
  }
  factor(q, h, b) = 1.f / total(q, h, b);
}

void Powers::defineTotal(llvm::function_ref<Expr(const Expr &step)> term,
                         int steps) {
  if (steps <= kMostKeysInASum) {
    step = RDom(0, steps, "step");
    total(q, h, b) += term(step);
    return;
  }
  constexpr int size = 256;
  Var c("c");
  step = RDom(0, size, "step");
  chunk = RDom(0, (steps + size - 1) / size, "chunk");
  part(q, h, b, c) += term(stepOfChunk(step, step.x, c, size, steps));
  total(q, h, b) += part(q, h, b, chunk);
}

void Powers::schedule(Func consumer, Var block, int queries, int lanes) {
  power.reorder(i, q, k).unroll(i);
  for (Func f : {power, total, factor})
    f.compute_at(consumer, block)
        .bound_extent(q, queries)
        .vectorize(q, lanes)
        .unroll(q);
  total.update()
      .reorder(q, chunk.defined() ? chunk.x : step.x)
      .vectorize(q, lanes)
      .unroll(q);
  if (chunk.defined()) {
    part.compute_at(total, chunk.x)
        .bound_extent(q, queries)
        .vectorize(q, lanes)
        .unroll(q);
    part.update().reorder(q, step.x).vectorize(q, lanes).unroll(q);
  }
  if (paired)
    pair.compute_at(power, q).vectorize(q, lanes);
}

/// sum(j, q, t, b) of the values, each times its power, in column j of tile t;
/// where keys are cut in chunks, of part(j, q, t, b, c).
class Product {
public:
  Func sum{"sum"};

  Product(const KernelBuilder &builder, const AttentionSpec &spec,
          const AttentionBlocking &blocking, Func power,
          const OutputLoops &loops);
  /// Computes it for `out`.
  void schedule(Func out, const OutputLoops &loops);

private:
  const AttentionBlocking &blocking;
  const bool paired;
  const int lanes;
  Var i{"i"}, j, q{"q"}, k{"k"}, t, b{"b"}, c{"c"};
  RDom key, chunk;
  Func value{"value"}, part{"part"};
};

Product::Product(const KernelBuilder &builder, const AttentionSpec &spec,
                 const AttentionBlocking &blocking, Func power,
                 const OutputLoops &loops)
    : blocking(blocking), paired(isPaired(builder)), lanes(builder.lanes()),
      j(loops.j), t(loops.t) {
  const int keys = static_cast<int>(spec.keys), size = blocking.keysPerChunk;
  const int columns = blocking.output.columns, f = paired ? 2 : 1;
  const int tilesPerHead = static_cast<int>(spec.headDim) / columns;
  Expr v = builder.input("v")(t * columns + j, min(f * k + i, keys - 1), b);
  if (!paired)
    value(i, j, k, t, b) = cast<float>(v);
  else if (keys % 2 == 0)
    value(i, j, k, t, b) = reinterpret<uint16_t>(v);
  else
    value(i, j, k, t, b) =
        select(2 * k + i < keys, reinterpret<uint16_t>(v), uint16_t(0));
  key = RDom(0, f, 0, (size + f - 1) / f, "key");
  auto product = [&](const Expr &k) {
    return operand(power(key.x, q, k, t / tilesPerHead, b)) *
           operand(value(key.x, j, k, t, b));
  };
  if (size == keys) {
    sum(j, q, t, b) += product(key.y);
    return;
  }
  chunk = RDom(0, (keys + size - 1) / size, "chunk");
  part(j, q, t, b, c) += product(stepOfChunk(key, key.y, c, size, keys));
  sum(j, q, t, b) += part(j, q, t, b, chunk);
}

void Product::schedule(Func out, const OutputLoops &loops) {
  const MatmulTile &tile = blocking.output;
  if (chunk.defined())
    computeInChunks(part, key, sum, chunk, LoopLevel(out, t), Var("rowTile"),
                    blocking.queries() / tile.rows, tile, lanes, paired);
  else
    scheduleSum(sum, key, out, loops.qTile, tile, lanes, paired);
  if (blocking.copiesValues)
    value.compute_at(out, loops.task)
        .reorder(i, j, k)
        .vectorize(j, lanes, vectorTail(tile.columns, lanes))
        .unroll(i);
}

} // namespace

void buildKernel(KernelBuilder &builder, const AttentionSpec &spec) {
  if (builder.formats().math == Element::I8)
    return buildQuantizedAttention(builder, spec);
  const AttentionBlocking blocking =
      attentionBlocking(spec, builder.formats().math, builder.target());
  const int lanes = builder.lanes();
  const int headDim = static_cast<int>(spec.headDim);
  const int columns = blocking.output.columns;

  Var c("c"), q("q"), b("b");
  OutputLoops loops;
  Scores scores(builder, spec, blocking);
  Powers powers(builder, spec, scores.exponents);
  Product product(builder, spec, blocking, powers.power, loops);
  Func out("out");
  out(c, q, b) = builder.toOutput(product.sum(c % columns, q, c / columns, b) *
                                  powers.factor(q, c / headDim, b));
  builder.output(out);

  scheduleTasks(out, spec, blocking, loops, lanes);
  scores.schedule(out, loops.block, loops.task);
  powers.schedule(out, loops.block, blocking.queries(), lanes);
  product.schedule(out, loops);
}

} // namespace cvt::kernels
