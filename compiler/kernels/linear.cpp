//===- linear.cpp - Matrix product with fused bias, activation, residual --===//
//
// The number of rows is known at run time only, and may be less than a
// register tile has.  Tiles compute rows that are missing from the last
// existing one, and store the existing ones: each output is computed exactly
// once, so that `out` may replace `residual`.  The last tile of one image has
// code of its own, which leaves them out.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"
#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <string>
#include <utility>

using namespace Halide;

namespace cvt::kernels {

namespace {

/// Numbers that are summed before they are added to others like them, in f32:
/// as many as divide `k` evenly, or all.
int chunkSteps(int k, int lanes) {
  // With 8 lanes a chunk of a panel fits into the first-level cache.  More than
  // 8 chunks cost 3 to 7 % where a task has one tile of rows.
  const int longest = std::max(32 * lanes, k / 8);
  return evenChunk(k, longest, /*shortest=*/128);
}

/// How a product is cut: columns into panels, rows into tiles, so many of which
/// are a half of an image's, and so many a task.
struct Cut {
  MatmulTile tile;
  int panels, tiles, tilesInTask, tilesInHalf;

  Cut(const LinearSpec &spec, const KernelBuilder &builder)
      : tile(matmulTile(spec.n, spec.m, builder.formats().math,
                        builder.target())),
        panels(llvm::divideCeil(spec.n, tile.columns)),
        tiles(llvm::divideCeil(spec.m, tile.rows)),
        tilesInTask(tilesPerTask(tile.columns * spec.k / builder.interleave(),
                                 builder.lanes())),
        tilesInHalf(stepsPerHalf(tiles, tilesInTask)) {}

private:
  /// Where a row takes `panelSteps` multiply-adds with a panel.
  int tilesPerTask(int64_t panelSteps, int lanes) const {
    // A panel takes longer to come than to be multiplied with few rows: the
    // task of either half of them reads it once.
    constexpr int fewRows = 32;
    if (const int half = stepsPerHalf(tiles); half * tile.rows <= fewRows)
      return half;
    const int perTask =
        stepsPerTask(tiles, tile.rows * panelSteps, panels, lanes);
    // A panel comes from the third-level cache for each task, which for fewer
    // rows takes as long as their arithmetic: if there are many tasks, they may
    // be longer.
    constexpr int rows = 24, leastTasks = 256;
    const int more = llvm::divideCeil(rows, tile.rows);
    return int64_t(panels) * tiles / more >= leastTasks
               ? std::max(perTask, more)
               : perTask;
  }
};

/// sum(j, m, p): column j of panel p, for row m; where it is cut in chunks, of
/// part(j, m, p, c).
struct Product {
  Var j{"j"}, m{"m"}, p{"p"}, c{"c"}, rowTile{"rowTile"};
  RDom k, chunk;
  Func sum{"sum"}, part{"part"};

  Product(KernelBuilder &builder, const LinearSpec &spec)
      : widens(builder.widens()), inputs(static_cast<int>(spec.k)) {
    const int f = builder.interleave(), steps = inputs / f;
    const Type operand = builder.operandType();
    const Type type =
        builder.formats().math == Element::I8 ? Int(32) : Float(32);
    ImageParam a = builder.input("a"), w = builder.input("w");
    Expr row = min(m, a.dim(1).extent() - 1);
    auto stored = [&](const Expr &i, const Expr &step) {
      return f == 1 ? w(j, step, p) : w(i, j, step, p);
    };
    if (widens) {
      wideInput(n, m) = cast(operand, a(n, row));
      wideWeight(i, j, n, p) = cast(operand, stored(i, n));
    }
    // Of number `i` of those side by side in `step`.
    auto product = [&](const Expr &i, const Expr &step) {
      Expr n = f == 1 ? step : i + f * step;
      Expr input = widens ? wideInput(n, m) : a(n, row);
      Expr weight = widens ? wideWeight(i, j, step, p) : stored(i, step);
      return cast(type, input) * cast(type, weight);
    };
    const int size = f == 1 ? chunkSteps(steps, builder.lanes()) : steps;
    k = f == 1 ? RDom(0, size, "k") : RDom(0, f, 0, size, "k");
    Expr number = f == 1 ? Expr(0) : k.x, step = f == 1 ? k.x : k.y;
    if (size == steps) {
      sum(j, m, p) += product(number, step);
      return;
    }
    chunk = RDom(0, steps / size, "chunk");
    part(j, m, p, c) += product(number, step + size * c);
    sum(j, m, p) += part(j, m, p, chunk);
  }

  bool inChunks() const { return chunk.defined(); }

  /// Of the function whose tiles are in registers.
  std::string tileName() const { return inChunks() ? part.name() : sum.name(); }

  /// Computes tiles in loop `task` of `out` over rows of one panel, where loop
  /// `step` goes over `maxTiles` tiles at most.
  void schedule(Func out, Var task, Var step, int maxTiles,
                const MatmulTile &tile, int lanes) {
    sum.bound_extent(p, 1);
    if (widens)
      scheduleWide(out, task, step, maxTiles, tile, lanes);
    if (!inChunks())
      return computeInRegisters(sum, LoopLevel(out, step), k, tile, lanes,
                                /*sideBySide=*/k.dimensions() > 1);
    part.bound_extent(p, 1);
    computeInChunks(part, k, sum, chunk, out, task, rowTile, maxTiles, tile,
                    lanes);
  }

private:
  const bool widens;
  const int inputs;
  Var i{"i"}, n{"n"};
  /// The operands as they are multiplied, where that is not as they are stored:
  /// input n of row m, and number i of lane n in column j of panel p.
  Func wideInput{"wideInput"}, wideWeight{"wideWeight"};

  /// Inputs once for a tile; weights once in a task, or for each chunk of it,
  /// and in registers if that is for one tile.
  void scheduleWide(Func out, Var task, Var step, int maxTiles,
                    const MatmulTile &tile, int lanes) {
    const int width = 32 / wideInput.type().bits();
    if (inChunks())
      wideInput.compute_at(sum, rowTile);
    else
      wideInput.compute_at(out, step);
    wideInput.vectorize(n, width * lanes, vectorTail(inputs, width * lanes));
    if (maxTiles == 1)
      return;
    if (inChunks())
      wideWeight.compute_at(sum, chunk.x);
    else
      wideWeight.compute_at(out, task);
    wideWeight.bound_extent(i, width)
        .bound_extent(j, tile.columns)
        .bound_extent(p, 1)
        .vectorize(i)
        .vectorize(j, lanes)
        .unroll(j);
  }
};

/// The f32 whose bytes are `a`(first ... first + 3, m).
Expr floatOfBytes(const ImageParam &a, int first, const Var &m) {
  Expr bits = cast<uint32_t>(a(first, m));
  for (int byte = 1; byte < 4; byte++)
    bits = bits | (cast<uint32_t>(a(first + byte, m)) << (8 * byte));
  return reinterpret<float>(bits);
}

/// Column n of row m: what `sum` adds up, scaled, activated and rounded as
/// `spec` says.
Expr outputOf(const KernelBuilder &builder, const LinearSpec &spec, Expr sum,
              const Var &n, const Var &m) {
  Expr value = std::move(sum);
  if (builder.formats().math == Element::I8) {
    ImageParam a = builder.input("a");
    const int tail = static_cast<int>(spec.k);
    value = cast<float>(value) *
                (floatOfBytes(a, tail, m) * builder.input("scales")(n)) +
            floatOfBytes(a, tail + 4, m) * builder.input("sums")(n);
  }
  if (spec.bias)
    value += builder.input("bias")(n);
  value = activate(spec.activation, value, builder.formats().out);
  if (spec.residual)
    value += builder.input("residual")(n, m);
  return builder.toOutput(value);
}

} // namespace

void buildKernel(KernelBuilder &builder, const LinearSpec &spec) {
  const Cut cut(spec, builder);
  const MatmulTile tile = cut.tile;
  const int lanes = builder.lanes();

  Product product(builder, spec);
  Var n("n"), m("m");
  Func out("out");
  out(n, m) = outputOf(
      builder, spec, product.sum(n % tile.columns, m, n / tile.columns), n, m);
  builder.output(out);

  // One instruction rounds two vectors to bf16.
  const int vector =
      builder.formats().out == Element::F32 ? lanes : tile.columns;
  Var panel("panel"), ni("ni"), half("half"), block("block"), step("step"),
      mi("mi"), task("task");
  // A panel of weights stays in the cache while a block of rows passes by.
  // Blocks are outermost: a thread's share of the tasks is some of the rows,
  // which it has in its own cache if it has computed them before.
  out.split(n, panel, ni, tile.columns,
            spec.n % tile.columns ? TailStrategy::Predicate
                                  : TailStrategy::RoundUp)
      .split(m, step, mi, tile.rows, TailStrategy::GuardWithIf)
      .split(step, half, step, cut.tilesInHalf, TailStrategy::GuardWithIf)
      .split(step, block, step, cut.tilesInTask, TailStrategy::GuardWithIf)
      .reorder(ni, mi, step, panel, block, half)
      .vectorize(ni, vector)
      .unroll(ni)
      .fuse(panel, block, task)
      .fuse(task, half, task)
      .parallel(task)
      // Ragged ends would duplicate the whole nest.
      .never_partition_all();
  const std::string tileLoop =
      (product.inChunks() ? product.rowTile : step).name();
  const int64_t passSteps =
      product.inChunks() ? chunkSteps(static_cast<int>(spec.k), lanes) : spec.k;
  // A task reads weights that it widens once, one behind the other.
  if (!builder.widens())
    builder.prefetch(
        {"w", tile.columns * passSteps * elementBytes(builder.formats().math),
         tileLoop, cut.tilesInTask});
  if (spec.m % tile.rows != 0)
    builder.shortTile({.sums = product.tileName(),
                       .tile = tile,
                       .taskLoop = task.name(),
                       .tileLoop = tileLoop,
                       .panels = cut.panels,
                       .tilesInTask = cut.tilesInTask,
                       .tilesInHalf = cut.tilesInHalf,
                       .rows = "a.extent.1",
                       .expectedRows = static_cast<int>(spec.m)});
  product.schedule(out, task, step, cut.tilesInTask, tile, lanes);
}

} // namespace cvt::kernels
