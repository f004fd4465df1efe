//===- prepare_ops.h - Weights as kernels want them -----------------------===//
//
// What compile time does to values: folding batch norm and changing layouts.
// Pure functions on memory of the caller; threads may call them at once.
// Sizes must fit as stated; that is the caller's to guarantee.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHTS_PREPARE_OPS_H
#define CVT_COMPILER_WEIGHTS_PREPARE_OPS_H

#include "compiler/weights/tensor_source.h"

#include <cstdint>
#include <span>

namespace cvt::weights {

/// Batch norm after a depthwise convolution without bias, as part of it:
///   weight' = weight * gamma / sqrt(variance + eps)
/// `weight`, `out`: (C, 1, kh, kw); `gamma`, `variance`: C numbers.  Computed
/// in double and rounded once.  `out` may be `weight`.
void foldBatchNormWeight(std::span<const float> weight,
                         std::span<const float> gamma,
                         std::span<const float> variance, double eps,
                         std::span<float> out);

/// The bias that goes with it: beta - mean * gamma / sqrt(variance + eps).
/// All of C numbers; `out` may be `beta` or `mean`.
void foldBatchNormBias(std::span<const float> gamma,
                       std::span<const float> beta, std::span<const float> mean,
                       std::span<const float> variance, double eps,
                       std::span<float> out);

/// (C, 1, kh, kw) to (kh, kw, C), with taps = kh * kw.
void tapsOutermost(std::span<const float> weight, int64_t channels,
                   int64_t taps, std::span<float> out);

/// Copies `values` and fills the rest of `out` with zeros.
void padTo(std::span<const float> values, std::span<float> out);

/// The same for each row of `from` values, which becomes one of `to`.
void padRows(std::span<const float> values, int64_t from, int64_t to,
             std::span<float> out);

/// A weight (rows, channels, taps), row-major, as panels: the layout of a
/// matmul that makes `panelRows` outputs at once.  Packed it is
///   (panels, taps, channels, panelRows)
/// with zeros for rows beyond the last.  A linear layer (N, K) has N rows,
/// K channels and one tap; a convolution (N, C, kh, kw) over channels-last
/// tokens has kh * kw taps, so that channels are innermost in K; a convolution
/// over a channels-first image keeps its order as (N, C * kh * kw, one tap).
struct PanelLayout {
  int64_t rows;
  int64_t channels;
  int64_t taps;
  int64_t panelRows;

  int64_t panels() const { return (rows + panelRows - 1) / panelRows; }
  int64_t rowElements() const { return channels * taps; }
  /// Floats of one packed panel, and of the rows it is packed from.
  int64_t panelElements() const { return rowElements() * panelRows; }
  int64_t packedElements() const { return panels() * panelElements(); }
};

/// Packs panel `panel` from `rows`, its source rows: panelRows of them, fewer
/// in the last panel.  `out`: panelElements().
void packPanel(const PanelLayout &layout, std::span<const float> rows,
               std::span<float> out);

/// From rows of `columns` floats, as packPanel makes them, `factor` rows side
/// by side: (rows, columns) becomes (rows / factor, columns, factor).
void interleaveRows(std::span<const float> panel, int64_t columns,
                    int64_t factor, std::span<float> out);

/// Rounds to bf16, ties to even; NaN stays NaN.
void roundToBf16(std::span<float> values);

/// What the numbers of a row are multiples of, from -127 to 127 times, once it
/// is quantized: its greatest magnitude / 127.  0 where that is 0 or subnormal;
/// not finite if one of the numbers is not.
float rowScale(std::span<const float> row);

/// Replaces each number of a row by the nearest multiple of rowScale(row),
/// counted in multiples; ties to even.  Zeros if the scale is 0 or not finite.
void quantizeRow(std::span<float> row);

/// The same, and returns what the row sums to: multiples times scale.
float quantizedSum(std::span<float> row);

/// The source rows of panel `panel` of the whole weight, in the first part of
/// `scratch`, which holds panelElements().  Panels may be read in any order, so
/// a file is packed piece by piece and never held as a whole; release the
/// source's memory after the last one.
std::span<float> readPanelRows(const PanelLayout &layout,
                               const TensorSource &weight, int64_t panel,
                               std::span<float> scratch);

} // namespace cvt::weights

#endif // CVT_COMPILER_WEIGHTS_PREPARE_OPS_H
