//===- matmul_tile.h - Register tiles of matmul-like kernels --------------===//
//
// Which block of outputs a matmul keeps in registers.  Its columns are also
// the width of a panel of packed weights, so this is known without Halide.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_MATMUL_TILE_H
#define CVT_COMPILER_KERNELS_MATMUL_TILE_H

#include "compiler/kernels/kernel_spec.h"

namespace cvt::kernels {

struct MatmulTile {
  int rows;
  int columns;
};

/// For a product of `n` columns and `m` rows in `math`.  If the rows are pixels
/// of images of some width, tiles that do not straddle image rows are
/// preferred: all their pixels are at constant distances.  Columns do not
/// depend on rows.
MatmulTile matmulTile(int64_t n, int64_t m, Element math, CpuTarget target,
                      int64_t imageWidth = 0);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_MATMUL_TILE_H
