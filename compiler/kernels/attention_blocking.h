//===- attention_blocking.h - How attention is cut into blocks and tasks --===//
//
// Known without Halide.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_BLOCKING_H
#define CVT_COMPILER_KERNELS_ATTENTION_BLOCKING_H

#include "compiler/kernels/kernel_spec.h"
#include "compiler/kernels/matmul_tile.h"

namespace cvt::kernels {

/// More are not added up in one f32: where they are alike, each addition rounds
/// to the same side, and 16384 are off by 1.5e-4.
inline constexpr int kMostKeysInASum = 4096;

struct AttentionBlocking {
  /// Register tile of the scores: keys by all queries of a block.
  MatmulTile scores;
  /// Register tile of the product with the values, queries by channels.
  /// Channels divide a head evenly and are whole vectors if the head is; rows
  /// divide the queries of a block.
  MatmulTile output;
  /// How many keys are multiplied with values for the whole block before the
  /// next ones are: less in the last chunk.
  int keysPerChunk;
  /// A task has so many blocks of queries of one head.
  int blocksPerTask;
  /// Whether a task first copies the keys and the values of its head, as they
  /// are multiplied.
  bool copiesKeys;
  bool copiesValues;

  int queries() const { return scores.columns; }
};

/// Of a kernel whose products are of `math`.
AttentionBlocking attentionBlocking(const AttentionSpec &spec, Element math,
                                    CpuTarget target);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_BLOCKING_H
