//===- attention_i8.cpp - Softmax attention in 8 bits ---------------------===//
//
// As attention.cpp, with three products of bytes for each of its own.  Queries
// and keys are quantized symmetrically, each with a scale of its own, and
// values with one for each channel: what is summed over has one scale.
// Exponentials are bytes as well: 254 or 255 for the largest score of a query.
// They are computed for two keys in each lane.
//
// Where bytes are multiplied, four in a lane, the one operand has no sign: keys
// are stored with 128 added, and sums start at what that adds up to.  Elsewhere
// all bytes are stored as 16-bit numbers, two in a lane.
//
// A task quantizes keys and values of its head itself, so it should have many
// queries.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/attention_i8.h"

#include "compiler/kernels/attention_blocking.h"
#include "compiler/kernels/attention_loops.h"
#include "compiler/kernels/lane_words.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"
#include "compiler/kernels/signed_bytes.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace Halide;

namespace cvt::kernels {

namespace {

/// Added to keys where they are multiplied as bytes.
constexpr int kKeyZero = 128;

/// The largest vector of at most `most` elements that divides a head.
int headVector(const AttentionSpec &spec, int most) {
  return std::min(most, static_cast<int>(spec.headDim & -spec.headDim));
}

/// The bits of the magnitude of a bf16: in the order of magnitudes, NaN last.
Expr magnitude(const Expr &x) {
  return reinterpret<uint16_t>(x) & Expr(uint16_t(0x7fff));
}

/// The same as those of an f32.
Expr f32Magnitude(const Expr &bits) { return cast<uint32_t>(bits) << 16; }

Expr fromMagnitude(const Expr &bits) {
  return reinterpret<float>(f32Magnitude(bits));
}

/// The bits of a byte as it is stored: themselves, or those of a 16-bit number.
Type bitsOf(int perLane) { return UInt(32 / perLane); }

/// A byte with a sign as it is multiplied.
Type signedOf(int perLane) { return Int(32 / perLane); }

/// A byte without a sign as it is multiplied: one that is not multiplied as a
/// byte may have a sign.
Type unsignedOf(int perLane) { return perLane == 4 ? UInt(8) : Int(16); }

/// Keys by lanes.
int lanesOf(int64_t keys, int perLane) {
  return static_cast<int>(llvm::divideCeil(keys, perLane));
}

/// Whether the bits of a magnitude are those of infinity or NaN.
Expr isNotFinite(const Expr &bits) { return bits >= Expr(uint16_t(0x7f80)); }

/// Tokens of one head in 8 bits, each on a scale of its own: byte(c, t, h, b),
/// and the magnitude top(t, h, b) that has become kMaxByte.
class HeadTokens {
public:
  Func byte, top;

  /// Of the `count` tokens x(c, t, b), times `sign`; further ones are as the
  /// last.  `zero` is added to bytes, which are stored as `bits`.
  HeadTokens(const std::string &name, const ImageParam &x,
             const AttentionSpec &spec, int64_t count, int sign, int zero,
             Type bits)
      : byte(name + "Byte"), top(name + "Top"), bytesPerOne(name + "Inverse"),
        parts(name + "Parts") {
    const int width = headVector(spec, 32);
    const int headDim = static_cast<int>(spec.headDim);
    chunk = RDom(0, headDim / width, "chunk");
    lane = RDom(0, width, "lane");
    auto input = [&](const Expr &c) {
      return x(h * headDim + c, min(t, static_cast<int>(count) - 1), b);
    };
    parts(l, t, h, b) = Expr(uint16_t(0));
    parts(l, t, h, b) =
        max(parts(l, t, h, b), magnitude(input(chunk * width + l)));
    top(t, h, b) = Expr(uint16_t(0));
    top(t, h, b) = max(top(t, h, b), parts(lane, t, h, b));
    bytesPerOne(t, h, b) = bytesPer(f32Magnitude(top(t, h, b))) * float(sign);
    byte(c, t, h, b) = cast(
        bits, roundedWord(cast<float>(input(c)) * bytesPerOne(t, h, b), zero));
  }

  /// The f32 that a byte counts, times `factor`.
  Expr scale(const Var &token, const Var &head, const Var &image,
             float factor = 1) const {
    return fromMagnitude(top(token, head, image)) * (factor / kMaxByte);
  }

  /// Makes the scales in loop `at` of `consumer`, and vectors of bytes in loop
  /// `byteAt` of `byteConsumer`.
  void schedule(Func consumer, Var at, Func byteConsumer, Var byteAt, int lanes,
                int byteVector) {
    top.compute_at(consumer, at).update().atomic().vectorize(lane);
    parts.compute_at(top, t).vectorize(l).update().reorder(l, chunk).vectorize(
        l);
    bytesPerOne.compute_at(consumer, at).vectorize(t, lanes);
    byte.compute_at(byteConsumer, byteAt).vectorize(c, byteVector);
  }

private:
  Func bytesPerOne, parts;
  Var c{"c"}, t{"t"}, h{"h"}, b{"b"}, l{"l"};
  RDom chunk, lane;
};

/// The exponents of two, each divided by the scale(q, h, b) of its query.
class Scores {
public:
  BlockScores unscaled;
  Func scale{"queryScale"};

  Scores(const KernelBuilder &builder, const AttentionSpec &spec,
         const MatmulTile &tile);

  /// The bits of NaN for queries with an operand that is not finite, else
  /// those of the f32 `x`.
  Expr bitsIfFinite(const Expr &x) const {
    return select(isNotFinite(max(keyTop(h, b), queries.top(q, h, b))),
                  Expr(uint32_t(0x7fc00000)), reinterpret<uint32_t>(x));
  }

  /// Computes them in loop `block`, inside of loop `task`, of `consumer`.
  void schedule(Func consumer, Var block, Var task,
                const AttentionBlocking &blocking, int lanes);

  Var q{"q"}, h{"h"}, b{"b"};

private:
  const AttentionSpec &spec;
  const int perLane, steps;
  HeadTokens queries, keys;
  Var i{"i"}, k{"k"}, d{"d"};
  RDom channel, key;
  Func turned{"turned"}, query{"query"}, start{"start"}, dot{"dot"},
      keyScale{"keyScale"}, keyTop{"keyTop"};
};

Scores::Scores(const KernelBuilder &builder, const AttentionSpec &spec,
               const MatmulTile &tile)
    : unscaled(spec.keys, tile), spec(spec), perLane(builder.interleave()),
      steps(static_cast<int>(spec.headDim) / perLane),
      queries("query", builder.input("q"), spec, spec.queries,
              spec.scale < 0 ? -1 : 1, /*zero=*/0, bitsOf(perLane)),
      keys("key", builder.input("k"), spec, spec.keys, /*sign=*/1,
           perLane == 4 ? kKeyZero : 0, bitsOf(perLane)),
      channel(0, perLane, 0, steps, "channel"),
      key(0, static_cast<int>(spec.keys), "key") {
  std::vector<Expr> bytes;
  for (int i = 0; i < perLane; i++)
    bytes.push_back(queries.byte(perLane * d + i, q, h, b));
  turned(q, d, h, b) = wordOf(bytes);
  query(i, q, d, h, b) = reinterpret(
      signedOf(perLane), numberOf(turned(q, d, h, b), i, bitsOf(perLane)));
  Expr factor = cast<int>(query(channel.x, q, channel.y, h, b));
  start(q, h, b) = 0;
  if (perLane == 4)
    start(q, h, b) += cast<int>(Expr(uint8_t(kKeyZero))) * factor;
  dot(q, k, h, b) = -start(q, h, b);
  Expr keyByte = keys.byte(channel.x + perLane * channel.y, k, h, b);
  dot(q, k, h, b) +=
      factor * cast<int>(reinterpret(unsignedOf(perLane), keyByte));
  keyScale(k, h, b) = keys.scale(k, h, b);
  keyTop(h, b) = Expr(uint16_t(0));
  keyTop(h, b) = max(keyTop(h, b), keys.top(key, h, b));
  unscaled.define(dot, [&](const Expr &k) {
    return cast<float>(dot(q, k, h, b)) * keyScale(k, h, b);
  });
  constexpr float log2E = 1.44269504f;
  scale(q, h, b) = queries.scale(q, h, b, std::abs(spec.scale) * log2E);
}

void Scores::schedule(Func consumer, Var block, Var task,
                      const AttentionBlocking &blocking, int lanes) {
  const int byteVector = headVector(spec, perLane * lanes);
  keys.schedule(consumer, task, consumer, task, lanes, byteVector);
  keyScale.compute_at(consumer, task).vectorize(k, lanes);
  keyTop.compute_at(consumer, task);

  scheduleQueries(query, turned, blocking.queries(), steps, consumer, block,
                  lanes);
  queries.schedule(consumer, block, query, q, lanes, byteVector);
  for (Func f : {scale, start})
    f.compute_at(consumer, block)
        .bound_extent(q, blocking.queries())
        .vectorize(q, lanes)
        .unroll(q);
  if (start.has_update_definition())
    start.update()
        .reorder(channel.x, q, channel.y)
        .atomic()
        .vectorize(channel.x)
        .vectorize(q, lanes)
        .unroll(q);

  unscaled.schedule(consumer, block, channel, lanes, /*sideBySide=*/true);
}

/// power(i, q, k, h, b), the exponential for number i of the keys in lane k as
/// a byte, and the bits of the factor(q, h, b) that normalizes them.
class Powers {
public:
  Func power{"power"}, factor{"factor"};

  Powers(const AttentionSpec &spec, const Scores &scores, int perLane);
  /// Computes them in loop `block`, inside of loop `task`, of `consumer`.
  void schedule(Func consumer, Var block, Var task,
                const AttentionBlocking &blocking, int lanes);

private:
  Var i{"i"}, q, k{"k"}, h, b;
  RDom step;
  Func word{"word"}, one{"one"}, total{"total"};
};

/// What is added to 256ths before they are cut off: that of key k in each half.
/// Were all rounded to the nearest, many small weights alike, as those of the
/// tokens of a flat background are, would all be too small, or too large.
/// Ordered dither keeps their sum: what is rounded up starts at 1/8, 3/8, 5/8
/// or 7/8 of a step for four keys next to each other.
Expr dither(const Expr &first, const Expr &second) {
  auto of = [](const Expr &key) {
    return cast<uint32_t>(((key & 1) << 7) + ((key & 2) << 5) + 32);
  };
  return of(first) | (of(second) << 16);
}

Powers::Powers(const AttentionSpec &spec, const Scores &scores, int perLane)
    : q(scores.q), h(scores.h), b(scores.b) {
  const int keys = static_cast<int>(spec.keys);
  step = RDom(0, perLane, 0, lanesOf(keys, perLane), "step");
  auto root = [&](const Expr &key) {
    // The largest one is 0 whatever its size.
    Expr root = exp2Root((scores.unscaled.score(q, min(key, keys - 1), h, b) -
                          scores.unscaled.largest(q, h, b)) *
                         scores.scale(q, h, b));
    return keys % perLane == 0 ? root
                               : select(key < keys, root, Expr(uint32_t(0)));
  };
  auto powers = [&](const Expr &first, const Expr &second) {
    return exp2OfRoots(wordOfLowBits({root(first), root(second)})) +
           dither(first, second);
  };
  if (perLane == 4)
    word(q, k, h, b) =
        quadOfHalves(powers(4 * k, 4 * k + 2), powers(4 * k + 1, 4 * k + 3));
  else
    word(q, k, h, b) = highBytes(powers(2 * k, 2 * k + 1));
  power(i, q, k, h, b) = reinterpret(
      unsignedOf(perLane), numberOf(word(q, k, h, b), i, bitsOf(perLane)));
  // There are instructions for sums of products in lanes, so a sum is one too.
  one(i) = cast(signedOf(perLane), 1);
  total(q, h, b) +=
      cast<int>(power(step.x, q, step.y, h, b)) * cast<int>(one(step.x));
  factor(q, h, b) = scores.bitsIfFinite(1.f / cast<float>(total(q, h, b)));
}

void Powers::schedule(Func consumer, Var block, Var task,
                      const AttentionBlocking &blocking, int lanes) {
  one.compute_at(consumer, task).vectorize(i);
  power.reorder(i, q, k).unroll(i);
  for (Func f : {power, total, factor})
    f.compute_at(consumer, block)
        .bound_extent(q, blocking.queries())
        .vectorize(q, lanes)
        .unroll(q);
  word.compute_at(power, q).vectorize(q, lanes);
  total.update()
      .reorder(step.x, q, step.y)
      .atomic()
      .vectorize(step.x)
      .vectorize(q, lanes)
      .unroll(q);
}

/// value(i, j, k, t, b), a byte for number i of the keys in lane k in column j
/// of tile t, and the scale(c, b) of each channel.
class Values {
public:
  Func value{"value"}, scale{"valueScale"};

  Values(const KernelBuilder &builder, const AttentionSpec &spec, int columns);
  /// Computes them in loop `task` of `consumer`.
  void schedule(Func consumer, Var task, int lanes);

private:
  const AttentionSpec &spec;
  const int columns;
  Var i{"i"}, j{"j"}, k{"k"}, t{"t"}, b{"b"}, c{"c"};
  RDom key;
  Func top{"valueTop"}, bytesPerOne{"valueInverse"}, word{"valueWord"};
};

Values::Values(const KernelBuilder &builder, const AttentionSpec &spec,
               int columns)
    : spec(spec), columns(columns) {
  const int keys = static_cast<int>(spec.keys);
  ImageParam v = builder.input("v");
  key = RDom(0, keys, "key");
  top(c, b) = Expr(uint16_t(0));
  top(c, b) = max(top(c, b), magnitude(v(c, key, b)));
  bytesPerOne(c, b) = bytesPer(f32Magnitude(top(c, b)));
  scale(c, b) = fromMagnitude(top(c, b)) * (1 / kMaxByte);
  const int perLane = builder.interleave();
  std::vector<Expr> words;
  for (int number = 0; number < perLane; number++) {
    Expr c = t * columns + j, key = min(perLane * k + number, keys - 1);
    words.push_back(roundedWord(cast<float>(v(c, key, b)) * bytesPerOne(c, b)));
  }
  word(j, k, t, b) = wordOfLowBits(words);
  value(i, j, k, t, b) = reinterpret(
      signedOf(perLane), numberOf(word(j, k, t, b), i, bitsOf(perLane)));
}

void Values::schedule(Func consumer, Var task, int lanes) {
  const int vector = std::min(lanes, columns & -columns);
  value.compute_at(consumer, task)
      .reorder(i, j, k)
      .vectorize(j, vector)
      .unroll(i);
  word.compute_at(value, j).vectorize(j, vector);
  const int topVector = headVector(spec, 2 * lanes);
  top.compute_at(consumer, task)
      .bound_extent(c, static_cast<int>(spec.headDim))
      .vectorize(c, topVector)
      .unroll(c)
      .update()
      .reorder(c, key)
      .vectorize(c, topVector)
      .unroll(c);
  for (Func f : {bytesPerOne, scale})
    f.compute_at(consumer, task).vectorize(c, headVector(spec, lanes));
}

} // namespace

void buildQuantizedAttention(KernelBuilder &builder,
                             const AttentionSpec &spec) {
  const AttentionBlocking blocking =
      attentionBlocking(spec, Element::I8, builder.target());
  const int lanes = builder.lanes();
  const int headDim = static_cast<int>(spec.headDim);

  Var c("c"), q("q"), b("b");
  OutputLoops loops;
  Var j = loops.j, t = loops.t, block = loops.block, task = loops.task;
  const int columns = blocking.output.columns, tilesPerHead = headDim / columns;
  const int perLane = builder.interleave();
  RDom key(0, perLane, 0, lanesOf(spec.keys, perLane), "key");
  Scores scores(builder, spec, blocking.scores);
  Powers powers(spec, scores, perLane);
  Values values(builder, spec, columns);
  Func sum("sum"), out("out");
  sum(j, q, t, b) +=
      cast<int>(powers.power(key.x, q, key.y, t / tilesPerHead, b)) *
      cast<int>(values.value(key.x, j, key.y, t, b));
  out(c, q, b) =
      builder.toOutput(cast<float>(sum(c % columns, q, c / columns, b)) *
                       (values.scale(c, b) *
                        reinterpret<float>(powers.factor(q, c / headDim, b))));
  builder.output(out);

  scheduleTasks(out, spec, blocking, loops, lanes);
  scheduleSum(sum, key, out, loops.qTile, blocking.output, lanes,
              /*sideBySide=*/true);
  scores.schedule(out, block, task, blocking, lanes);
  powers.schedule(out, block, task, blocking, lanes);
  values.schedule(out, task, lanes);
}

} // namespace cvt::kernels
