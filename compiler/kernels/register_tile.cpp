//===- register_tile.cpp - The inner loops of matmul-like kernels ---------===//

#include "compiler/kernels/register_tile.h"

using namespace Halide;

namespace cvt::kernels {

void computeInRegisters(Func sum, const LoopLevel &at, const RDom &k,
                        const MatmulTile &tile, int lanes, bool sideBySide) {
  Var column = sum.args()[0], row = sum.args()[1];
  std::vector<VarOrRVar> order;
  for (int d = 0; d < k.dimensions(); d++)
    order.push_back(k[d]);
  order.insert(order.begin() + sideBySide, {column, row});
  sum.compute_at(at)
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
                     const LoopLevel &at, Var rowTile, int maxTiles,
                     const MatmulTile &tile, int lanes, bool sideBySide) {
  Var column = sum.args()[0], row = sum.args()[1], tileRow("tileRow");
  sum.compute_at(at)
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
  computeInRegisters(part, LoopLevel(sum, rowTile), k, tile, lanes, sideBySide);
}

} // namespace cvt::kernels
