//===- panel_product.cpp - Rows times panels of weights -------------------===//

#include "compiler/kernels/panel_product.h"

#include "compiler/kernels/register_tile.h"
#include "compiler/kernels/row_tasks.h"
#include "compiler/kernels/task_size.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

/// Numbers that are summed before they are added to others like them, in f32:
/// as many as divide `k` evenly, or all.
static int chunkSteps(int k) {
  // The error of a sum grows with its length, most of all in long chains.
  // Halves of short sums cost 2 %, more than 8 chunks 3 to 7 % where a task has
  // one tile of rows, and parts of others nothing.
  constexpr int shortSum = 256;
  if (k <= shortSum)
    return k;
  return evenChunk(k, std::max(96, k / 8), /*shortest=*/64);
}

PanelProduct::PanelProduct(const KernelBuilder &builder, const LinearSpec &spec,
                           llvm::function_ref<Expr(const Expr &)> rowOf)
    : widens(builder.widens()), inputs(static_cast<int>(spec.k)) {
  const int f = builder.interleave(), steps = inputs / f;
  const Type operand = builder.operandType();
  const Type type = builder.formats().math == Element::I8 ? Int(32) : Float(32);
  ImageParam a = builder.input("a"), w = builder.input("w");
  Expr row = min(rowOf(m), a.dim(1).extent() - 1);
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
  size = f == 1 ? chunkSteps(steps) : steps;
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

void PanelProduct::schedule(const LoopLevel &task, const LoopLevel &step,
                            int maxTiles, const MatmulTile &tile, int lanes) {
  sum.bound_extent(p, 1);
  if (widens)
    scheduleWide(task, step, maxTiles, tile, lanes);
  if (!inChunks())
    return computeInRegisters(sum, step, k, tile, lanes,
                              /*sideBySide=*/k.dimensions() > 1);
  part.bound_extent(p, 1);
  computeInChunks(part, k, sum, chunk, task, rowTile, maxTiles, tile, lanes);
}

/// Inputs once for a tile; weights once in a task, or for each chunk of it, and
/// in registers if that is for one tile.
void PanelProduct::scheduleWide(const LoopLevel &task, const LoopLevel &step,
                                int maxTiles, const MatmulTile &tile,
                                int lanes) {
  const int width = 32 / wideInput.type().bits();
  if (inChunks())
    wideInput.compute_at(sum, rowTile);
  else
    wideInput.compute_at(step);
  wideInput.vectorize(n, width * lanes, vectorTail(inputs, width * lanes));
  if (maxTiles == 1)
    return;
  if (inChunks())
    wideWeight.compute_at(sum, chunk.x);
  else
    wideWeight.compute_at(task);
  wideWeight.bound_extent(i, width)
      .bound_extent(j, tile.columns)
      .bound_extent(p, 1)
      .vectorize(i)
      .vectorize(j, lanes)
      .unroll(j);
}

} // namespace cvt::kernels
