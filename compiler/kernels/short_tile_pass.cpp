//===- short_tile_pass.cpp - Register tiles with fewer rows than others ---===//
//
// The loop of the last tile again, with less in it: Halide's schedules can not
// say that a loop which is unrolled is shorter in one iteration of the loop
// around it.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/short_tile_pass.h"

#include "llvm/Support/MathExtras.h"

#include <optional>

using namespace Halide;
using namespace Halide::Internal;

namespace cvt::kernels {

namespace {

/// Drops what loops add to the rows that the last tile does not have: zeros
/// stay.
class DropRows : public IRMutator {
public:
  explicit DropRows(const RaggedTiles &tiles)
      : sums(tiles.sums),
        end(tiles.expectedRows % tiles.tile.rows * tiles.tile.columns) {}

private:
  using IRMutator::visit;

  Stmt visit(const For *op) override {
    inLoop = true;
    firstIndex = Expr();
    Stmt result = IRMutator::visit(op);
    inLoop = false;
    return result;
  }

  Stmt visit(const Store *op) override {
    if (!inLoop || op->name != sums)
      return op;
    const Ramp *ramp = op->index.as<Ramp>();
    Expr index = ramp ? ramp->base : op->index;
    if (!firstIndex.defined())
      firstIndex = index;
    const std::optional<int64_t> offset =
        as_const_int(simplify(index - firstIndex));
    if (offset && *offset >= end)
      return Evaluate::make(0);
    return op;
  }

  const std::string &sums;
  /// The element behind the last one that the tile has.
  const int end;
  bool inLoop = false;
  /// Of a loop's first store: first column of the first row.
  Expr firstIndex;
};

class ShortTile : public IRMutator {
public:
  explicit ShortTile(const RaggedTiles &tiles) : tiles(tiles) {}

private:
  using IRMutator::visit;

  Stmt visit(const For *op) override {
    if (ends_with(op->name, "." + tiles.taskLoop))
      task = Variable::make(Int(32), op->name);
    if (ends_with(op->name, "." + tiles.tileLoop))
      tile = Variable::make(Int(32), op->name);
    return IRMutator::visit(op);
  }

  Stmt visit(const ProducerConsumer *op) override {
    if (!op->is_producer || op->name != tiles.sums)
      return IRMutator::visit(op);
    const int blocks = llvm::divideCeil(tiles.tilesInHalf, tiles.tilesInTask);
    Expr half = task / (blocks * tiles.panels);
    Expr block = task / tiles.panels % blocks;
    Expr index = half * tiles.tilesInHalf + block * tiles.tilesInTask + tile;
    Expr isLast = index == tiles.expectedRows / tiles.tile.rows &&
                  Variable::make(Int(32), tiles.rows) <= tiles.expectedRows;
    return IfThenElse::make(isLast, DropRows(tiles).mutate(op), op);
  }

  const RaggedTiles tiles;
  /// Loops of one iteration are none.
  Expr task = 0, tile = 0;
};

} // namespace

void addShortTile(Pipeline &pipeline, const RaggedTiles &tiles) {
  pipeline.add_custom_lowering_pass(new ShortTile(tiles));
}

} // namespace cvt::kernels
