//===- matmul_tile.cpp - Register tiles of matmul-like kernels ------------===//

#include "compiler/kernels/matmul_tile.h"

#include "llvm/Support/MathExtras.h"

#include <span>

namespace cvt::kernels {

namespace {

/// `vectors` registers of columns: at most `maxRows` rows fit beside them.
struct TileShape {
  int vectors;
  int maxRows;
  /// Relative time of a multiply-add: narrow tiles load more for each.
  double cost;
};

constexpr TileShape kShapes32Registers[] = {
    {4, 6, 1.0}, {3, 8, 1.01}, {2, 12, 1.03}, {1, 14, 1.1}};
constexpr TileShape kShapes16Registers[] = {
    {3, 4, 1.0}, {2, 6, 1.01}, {1, 10, 1.3}};
/// Products that are not added in the instruction that makes them need a
/// register of their own.
constexpr TileShape kShapes15Registers[] = {{2, 6, 1.0}, {1, 10, 1.3}};

} // namespace

/// The rows of a tile, at most `maxRows`, for which the fewest are wasted at
/// the ragged end.  Low tiles load more for each multiply-add, and a single
/// row would wait for its few accumulators.
static int tileRows(int64_t m, int maxRows, int64_t imageWidth) {
  int best = 0;
  double bestCost = 0;
  for (int rows = maxRows; 3 * rows >= 2 * maxRows; rows--) {
    double cost = llvm::divideCeil(m, rows) * (rows + 0.3);
    if (imageWidth % rows != 0)
      cost *= 1.06;
    if (best == 0 || cost < bestCost) {
      best = rows;
      bestCost = cost;
    }
  }
  return best;
}

MatmulTile matmulTile(int64_t n, int64_t m, Element math, CpuTarget target,
                      int64_t imageWidth) {
  const CpuTargetInfo &info = cpuTargetInfo(target);
  std::span<const TileShape> shapes = kShapes16Registers;
  if (info.vectorRegisters == 32)
    shapes = kShapes32Registers;
  else if (math == Element::I8)
    shapes = kShapes15Registers;

  MatmulTile best = {};
  double bestCost = 0;
  for (const TileShape &shape : shapes) {
    int columns = shape.vectors * info.lanes;
    double cost = shape.cost * llvm::alignTo(n, columns);
    // Strassen's algorithm takes pairs of panels.  One target of this many
    // registers uses it, but they share their packed weights.
    if (math == Element::F32 && info.vectorRegisters == 32 && n >= 192 &&
        n % (2 * columns) != 0)
      cost *= 1.03;
    if (best.rows == 0 || cost < bestCost) {
      best = {tileRows(m, shape.maxRows, imageWidth), columns};
      bestCost = cost;
    }
  }
  return best;
}

} // namespace cvt::kernels
