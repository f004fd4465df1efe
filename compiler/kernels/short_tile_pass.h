//===- short_tile_pass.h - Register tiles with fewer rows than others ----===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_SHORT_TILE_PASS_H
#define CVT_COMPILER_KERNELS_SHORT_TILE_PASS_H

#include "compiler/kernels/matmul_tile.h"

#include <Halide.h>

#include <string>

namespace cvt::kernels {

/// Tiles of sums in registers, row behind row.  Tasks are numbered panel by
/// panel, then block by block of tiles, then half by half.
struct RaggedTiles {
  /// The function whose tiles they are.
  std::string sums;
  MatmulTile tile;
  /// The loop over tasks, and that over the tiles of a task.
  std::string taskLoop, tileLoop;
  int panels = 0, tilesInTask = 0, tilesInHalf = 0;
  /// The variable that holds the number of rows.  The last tile of
  /// `expectedRows`, no multiple of a tile's, is short if there are no more.
  std::string rows;
  int expectedRows = 0;
};

/// Makes `pipeline`, when it is compiled, leave out rows of the last tile that
/// are not used.
void addShortTile(Halide::Pipeline &pipeline, const RaggedTiles &tiles);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_SHORT_TILE_PASS_H
