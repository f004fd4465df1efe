//===- attention.h - What kernels of attention share ----------------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_H
#define CVT_COMPILER_KERNELS_ATTENTION_H

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/matmul_tile.h"

#include <span>

namespace cvt::kernels {

/// `vectors` registers of queries, against which `maxKeys` keys fit.
struct ScoreShape {
  int vectors;
  int maxKeys;
  /// Relative time of a multiply-add.
  double cost;
};

/// Register tiles of scores, those of most queries first.
std::span<const ScoreShape> scoreShapes(CpuTarget target);

/// Of the product with the values: columns that divide a head evenly and are
/// whole vectors if the head is, beside a power of two of rows, which divides
/// every block of queries that is made of vectors.
MatmulTile attentionOutputTile(const AttentionSpec &spec, CpuTarget target);

/// The kernel where `math` is i8.
void buildQuantizedAttention(KernelBuilder &builder, const AttentionSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_H
