//===- linear_blocking.cpp - How linear layers are cut --------------------===//

#include "compiler/kernels/linear_blocking.h"

#include "compiler/kernels/task_size.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace cvt::kernels {

/// Where a row takes `panelSteps` multiply-adds with each of `panels`.
static int tilesPerTask(const MatmulTile &tile, int tiles, int panels,
                        int64_t panelSteps, int lanes) {
  // A panel takes longer to come than to be multiplied with few rows: the task
  // of either half of them reads it once.
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
  return int64_t(panels) * tiles / more >= leastTasks ? std::max(perTask, more)
                                                      : perTask;
}

LinearBlocking linearBlocking(const LinearSpec &spec, Element math,
                              CpuTarget target) {
  LinearBlocking blocking;
  blocking.tile = matmulTile(spec.n, spec.m, math, target);
  const MatmulTile &tile = blocking.tile;
  blocking.panels = llvm::divideCeil(spec.n, tile.columns);
  blocking.tiles = llvm::divideCeil(spec.m, tile.rows);
  blocking.tilesInTask =
      tilesPerTask(tile, blocking.tiles, blocking.panels,
                   tile.columns * spec.k / interleave(math, target),
                   cpuTargetInfo(target).lanes);
  blocking.tilesInHalf = stepsPerHalf(blocking.tiles, blocking.tilesInTask);
  return blocking;
}

std::optional<StrassenBlocking> strassenBlocking(const LinearSpec &spec,
                                                 const Formats &formats,
                                                 CpuTarget target) {
  if (formats != Formats::of(Element::F32) ||
      !cpuTargetInfo(target).addsBesideProducts)
    return std::nullopt;
  // Adding up seven products takes as long for a short sum as for a long one.
  // Fewer rows, and a panel takes longer to come than to be multiplied.
  constexpr int64_t leastInputs = 192, leastRows = 96;
  if (spec.k < leastInputs || spec.m < leastRows || spec.k % 2 != 0)
    return std::nullopt;
  StrassenBlocking blocking;
  // Rows that are less than a block are computed without.
  constexpr int64_t manyRows = 4096;
  blocking.tile = matmulTile(spec.n, manyRows, Element::F32, target);
  blocking.pairs = static_cast<int>(spec.n / (2 * blocking.tile.columns));
  if (spec.n != 2 * blocking.pairs * blocking.tile.columns)
    return std::nullopt;
  // Longer sums have larger errors, which matter less in a layer that widens:
  // the one behind it averages them.  And the weights of longer chunks do not
  // fit into the second-level cache with those that are asked for.
  const int half = static_cast<int>(spec.k / 2);
  constexpr int most = 256;
  const int mostSteps = std::min(most, spec.n > spec.k ? half : half / 2);
  blocking.steps = evenChunk(half, mostSteps, /*shortest=*/64);
  if (blocking.steps > most)
    return std::nullopt;
  blocking.chunks = half / blocking.steps;
  // The weights of a pair come from the third-level cache for each task.
  constexpr int mostBlocks = 8, tasks = 12;
  blocking.blocks = static_cast<int>(spec.m / blocking.blockRows());
  blocking.blocksInTask =
      std::clamp(blocking.blocks * blocking.pairs / tasks, 1, mostBlocks);
  blocking.blocksInHalf = stepsPerHalf(blocking.blocks, blocking.blocksInTask);
  const int rest = std::max(1, static_cast<int>(spec.m % blocking.blockRows()));
  blocking.restTile = blocking.tile;
  blocking.restTile.rows =
      llvm::divideCeil(rest, llvm::divideCeil(rest, blocking.tile.rows));
  return blocking;
}

int rowsOfHalf(int64_t channels, int64_t tokens, const Formats &formats,
               CpuTarget target) {
  const LinearSpec layer{channels, channels, tokens};
  if (auto blocking = strassenBlocking(layer, formats, target))
    return blocking->blocksInHalf * blocking->blockRows();
  // Kernels between layers of bytes are of other formats than these.
  const Element math =
      formats == Formats::of(Element::F32) ? Element::F32 : Element::Bf16;
  const int rows = matmulTile(channels, tokens, math, target).rows;
  return stepsPerHalf(llvm::divideCeil(tokens, rows)) * rows;
}

} // namespace cvt::kernels
