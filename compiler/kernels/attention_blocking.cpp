//===- attention_blocking.cpp - How attention is cut into blocks and tasks ===//

#include "compiler/kernels/attention_blocking.h"

#include "compiler/kernels/cache_sets.h"
#include "compiler/kernels/task_size.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <span>

namespace cvt::kernels {

namespace {

/// `vectors` registers of queries, against which `maxKeys` keys fit.
struct ScoreShape {
  int vectors;
  int maxKeys;
  /// Relative time of a multiply-add.
  double cost;
};

constexpr ScoreShape kF32Shapes[] = {{3, 8, 1.0}, {2, 12, 1.03}, {1, 25, 1.05}};
constexpr ScoreShape kBf16Shapes[] = {{3, 8, 1.0}, {2, 12, 1.03}, {1, 25, 1.3}};
constexpr ScoreShape kI8Shapes[] = {{3, 8, 1.0}, {2, 12, 1.005}, {1, 25, 1.05}};
/// Fewer queries also read keys more often, which is 3 % at 145 keys of 16
/// heads.
constexpr ScoreShape kShapes16Registers[] = {
    {3, 4, 1.0}, {2, 6, 1.05}, {1, 12, 1.15}};
constexpr ScoreShape kI8Shapes16Registers[] = {
    {3, 4, 1.0}, {2, 6, 1.005}, {1, 12, 1.05}};

bool hasManyRegisters(CpuTarget target) {
  return cpuTargetInfo(target).vectorRegisters == 32;
}

/// Those of most queries first.
std::span<const ScoreShape> scoreShapes(CpuTarget target, Element math) {
  const bool many = hasManyRegisters(target);
  switch (math) {
  case Element::Bf16:
    return many ? kBf16Shapes : kShapes16Registers;
  case Element::I8:
    return many ? kI8Shapes : kI8Shapes16Registers;
  default:
    return many ? kF32Shapes : kShapes16Registers;
  }
}

int vectorsOf(int columns, CpuTarget target) {
  return static_cast<int>(
      llvm::divideCeil(columns, cpuTargetInfo(target).lanes));
}

/// For blocks of `queries`.
MatmulTile outputTile(const AttentionSpec &spec, Element math, CpuTarget target,
                      int queries) {
  const bool many = hasManyRegisters(target);
  const int lanes = cpuTargetInfo(target).lanes;
  const int headDim = static_cast<int>(spec.headDim);
  int columns = std::min(headDim, (many ? 4 : 3) * lanes);
  while (headDim % columns != 0 ||
         (headDim % lanes == 0 && columns % lanes != 0))
    columns--;
  const int vectors = vectorsOf(columns, target);
  if (many) {
    int rows = llvm::bit_floor<unsigned>(16 / vectors);
    return {std::max(4, rows), columns};
  }
  // Beside the sums, a row of values and a power; and products of bytes, which
  // are not added by the instruction that makes them.
  const int registers = math == Element::I8 ? 13 : 15;
  int rows = (registers - vectors) / vectors;
  while (queries % rows != 0)
    rows--;
  return {rows, columns};
}

/// With fewer sums than multiply-adds are under way they wait for each other.
double outputCost(const MatmulTile &tile, CpuTarget target) {
  return tile.rows * vectorsOf(tile.columns, target) < 10 ? 1.08 : 1;
}

/// The tile of scores with which a head takes the least time: less at ragged
/// ends, and for few keys of one tile.
MatmulTile scoreTile(const AttentionSpec &spec, Element math,
                     CpuTarget target) {
  MatmulTile best = {};
  double bestTime = 0;
  for (const ScoreShape &shape : scoreShapes(target, math)) {
    const int queries = shape.vectors * cpuTargetInfo(target).lanes;
    const double output =
        outputCost(outputTile(spec, math, target, queries), target) * spec.keys;
    for (int keys = shape.maxKeys; 3 * keys >= 2 * shape.maxKeys; keys--) {
      const double scores =
          shape.cost * llvm::divideCeil(spec.keys, keys) * (keys + 0.3);
      const double time =
          llvm::alignTo(spec.queries, queries) * (scores + output);
      if (bestTime != 0 && time >= bestTime)
        continue;
      bestTime = time;
      best = {static_cast<int>(std::min<int64_t>(keys, spec.keys)), queries};
    }
  }
  return best;
}

/// So many that their powers and values stay in the first-level cache, if
/// values are read in slices of a head, each for all powers again.
int keysPerChunk(const AttentionSpec &spec, Element math,
                 const MatmulTile &output, CpuTarget target) {
  constexpr int sliced = 96, whole = 512;
  const bool slices = !hasManyRegisters(target);
  const int keys = static_cast<int>(spec.keys);
  if (output.columns % cpuTargetInfo(target).lanes != 0)
    return keys;
  const int even =
      slices ? evenChunk(keys, /*longest=*/sliced, /*shortest=*/48) : keys;
  if (math != Element::F32 || even <= kMostKeysInASum)
    return even;
  return slices ? sliced : whole;
}

/// What 1, 2 and 4 threads take, in units of a query, for the `blocks` blocks
/// of each head in tasks of `perTask`, of which each block takes `block` and
/// the task `preparation`.
double timeOf(const AttentionSpec &spec, int64_t blocks, int perTask,
              double block, double preparation) {
  const int64_t tasks = spec.heads * llvm::divideCeil(blocks, perTask);
  double time = 0;
  for (int threads : {1, 2, 4})
    time += llvm::divideCeil(tasks, threads) * threads;
  return time * (perTask * block + preparation);
}

/// The least blocks for which the time is next to least, where a task prepares
/// its keys and values for as long as `preparation` queries take.
int blocksToPrepareFor(const AttentionSpec &spec, int queries,
                       double preparation) {
  const int blocks = static_cast<int>(llvm::divideCeil(spec.queries, queries));
  constexpr double gain = 0.99;
  int best = 1;
  auto time = [&](int perTask) {
    return timeOf(spec, blocks, perTask, queries, preparation);
  };
  for (int perTask = 2; perTask <= blocks; perTask++)
    if (time(perTask) < gain * time(best))
      best = perTask;
  return best;
}

/// What takes the least time of all shapes of scores and sizes of tasks.
AttentionBlocking quantizedBlocking(const AttentionSpec &spec,
                                    CpuTarget target) {
  // Quantizing keys and values takes as long as the rest for so many queries.
  constexpr double preparation = 13;
  AttentionBlocking best = {};
  double bestTime = 0;
  for (const ScoreShape &shape : scoreShapes(target, Element::I8)) {
    const int queries = shape.vectors * cpuTargetInfo(target).lanes;
    const int blocks = llvm::divideCeil(spec.queries, queries);
    for (int perTask = 1; perTask <= blocks; perTask++) {
      const double time =
          timeOf(spec, blocks, perTask, queries * shape.cost, preparation);
      if (bestTime != 0 && time >= bestTime)
        continue;
      bestTime = time;
      best.blocksPerTask = perTask;
      best.scores = {
          static_cast<int>(llvm::divideCeil(
              spec.keys, llvm::divideCeil(spec.keys, shape.maxKeys))),
          queries};
    }
  }
  best.output = outputTile(spec, Element::I8, target, best.queries());
  best.keysPerChunk = static_cast<int>(spec.keys);
  best.copiesKeys = best.copiesValues = true;
  return best;
}

} // namespace

AttentionBlocking attentionBlocking(const AttentionSpec &spec, Element math,
                                    CpuTarget target) {
  if (math == Element::I8)
    return quantizedBlocking(spec, target);
  AttentionBlocking blocking = {};
  const MatmulTile scores = scoreTile(spec, math, target);
  blocking.scores = scores;
  blocking.output = outputTile(spec, math, target, scores.columns);
  blocking.keysPerChunk = keysPerChunk(spec, math, blocking.output, target);
  const bool isPaired = interleave(math, target) == 2;
  const bool widens = math == Element::Bf16 && !isPaired;
  const int64_t rowBytes = spec.heads * spec.headDim * elementBytes(math);
  const bool many = hasManyRegisters(target), isF32 = math == Element::F32;
  // Slices of a chunk's values are read for all its powers; lines of a tile's
  // keys, beside one of the queries, for as many channels as they hold.
  const bool valuesCollide =
      isF32 && !many && rowsCollide(rowBytes, blocking.keysPerChunk);
  const bool keysCollide =
      isF32 && many && rowsCollide(rowBytes, scores.rows + 1);
  blocking.copiesKeys = widens || keysCollide;
  blocking.copiesValues = isPaired || widens || valuesCollide;
  if (blocking.copiesKeys || valuesCollide)
    blocking.blocksPerTask =
        blocksToPrepareFor(spec, scores.columns, widens ? 3 : 1.5);
  else
    blocking.blocksPerTask =
        stepsPerTask(llvm::divideCeil(spec.queries, scores.columns),
                     2 * scores.columns * spec.keys * spec.headDim /
                         interleave(math, target),
                     spec.heads, cpuTargetInfo(target).lanes);
  return blocking;
}

} // namespace cvt::kernels
