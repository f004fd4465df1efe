//===- linear_blocking.h - How linear layers are cut into tiles and tasks -===//
//
// Known without Halide.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_LINEAR_BLOCKING_H
#define CVT_COMPILER_KERNELS_LINEAR_BLOCKING_H

#include "compiler/kernels/kernel_spec.h"
#include "compiler/kernels/matmul_tile.h"

#include <cstdint>
#include <optional>

namespace cvt::kernels {

/// Columns are cut into panels, rows into tiles, so many of which are a half of
/// an image's, and so many a task.
struct LinearBlocking {
  MatmulTile tile;
  int panels, tiles, tilesInTask, tilesInHalf;
};

LinearBlocking linearBlocking(const LinearSpec &spec, Element math,
                              CpuTarget target);

/// How Strassen's algorithm cuts a layer: columns into pairs of panels, rows
/// into blocks of two tiles, inputs into chunks of two halves.
struct StrassenBlocking {
  MatmulTile tile;
  /// The inputs of half a chunk.  A task takes one chunk of the weights after
  /// the other, each for all of its rows.
  int steps, chunks;
  /// Blocks of an image; the rows behind them are computed in tiles alone.
  int pairs, blocks, blocksInTask, blocksInHalf;
  MatmulTile restTile;

  int blockRows() const { return 2 * tile.rows; }
};

/// Nothing if the layer is better computed in tiles alone.
std::optional<StrassenBlocking> strassenBlocking(const LinearSpec &spec,
                                                 const Formats &formats,
                                                 CpuTarget target);

/// The rows of an image of `tokens` that are the first half of it where a
/// linear layer of `formats` computes `channels` of each.
int rowsOfHalf(int64_t channels, int64_t tokens, const Formats &formats,
               CpuTarget target);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_LINEAR_BLOCKING_H
