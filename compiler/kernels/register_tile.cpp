//===- register_tile.cpp - The inner loops of matmul-like kernels ---------===//

#include "compiler/kernels/register_tile.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

void computeInRegisters(Func sum, Func consumer, Var at,
                        const RDom &k, const MatmulTile &tile, int lanes,
                        bool sideBySide) {
  Var column = sum.args()[0], row = sum.args()[1];
  std::vector<VarOrRVar> order;
  for (int d = 0; d < k.dimensions(); d++)
    order.push_back(k[d]);
  order.insert(order.begin() + sideBySide, {column, row});
  sum.compute_at(consumer, at)
      .bound_extent(column, tile.columns)
      .bound_extent(row, tile.rows)
      .vectorize(column, lanes)
      .unroll(column)
      .unroll(row)
      .update()
      .reorder(order);
  if (sideBySide)
    sum.update().atomic().vectorize(k[0]);
  sum.update().vectorize(column, lanes).unroll(column).unroll(row);
}

void computeInChunks(Func part, const RDom &k, Func sum, const RDom &chunk,
                     Func consumer, Var at, Var rowTile, int maxTiles,
                     const MatmulTile &tile, int lanes, bool sideBySide) {
  Var column = sum.args()[0], row = sum.args()[1], tileRow("tileRow");
  sum.compute_at(consumer, at)
      .bound_extent(column, tile.columns)
      .bound_storage(row, maxTiles * tile.rows)
      .vectorize(column, lanes)
      .unroll(column)
      .update()
      .split(row, rowTile, tileRow, tile.rows, TailStrategy::RoundUp)
      .reorder(column, tileRow, rowTile, chunk)
      .vectorize(column, lanes)
      .unroll(column)
      .unroll(tileRow);
  computeInRegisters(part, sum, rowTile, k, tile, lanes, sideBySide);
}

int evenChunk(int count, int longest, int shortest) {
  for (int chunks = llvm::divideCeil(count, longest);
       count / chunks >= shortest; chunks++)
    if (count % chunks == 0)
      return count / chunks;
  return count;
}

int stepsPerTask(int64_t steps, int64_t multiplyAdds, int64_t panels,
                 int lanes) {
  // At two vector multiply-adds a cycle: from about 4 to about 16 us a task,
  // 32 tasks an image in between.
  const int64_t least = 32768 * lanes, most = 4 * least;
  int64_t perTask = std::clamp(steps * multiplyAdds * panels / 32, least, most);
  int64_t size = std::max<int64_t>(1, perTask / multiplyAdds);
  int64_t tasks = llvm::divideCeil(steps, size);
  // Two or four threads then own the same rows in every loop.
  if (tasks > 1)
    tasks = llvm::alignTo(tasks, 4);
  return static_cast<int>(llvm::divideCeil(steps, tasks));
}

int stepsPerHalf(int64_t steps, int perTask) {
  return std::max(perTask, static_cast<int>(llvm::divideCeil(steps, 2)));
}

} // namespace cvt::kernels
