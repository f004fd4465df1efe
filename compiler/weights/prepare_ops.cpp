//===- prepare_ops.cpp - Weights as kernels want them ---------------------===//
//
// Each function goes over its values once.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/prepare_ops.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace cvt::weights {

/// What batch norm multiplies a channel with.
static double batchNormScale(float gamma, float variance, double eps) {
  return static_cast<double>(gamma) /
         std::sqrt(static_cast<double>(variance) + eps);
}

void foldBatchNormWeight(std::span<const float> weight,
                         std::span<const float> gamma,
                         std::span<const float> variance, double eps,
                         std::span<float> out) {
  size_t channels = gamma.size();
  assert(channels && weight.size() % channels == 0);
  assert(variance.size() == channels && out.size() == weight.size());
  size_t taps = weight.size() / channels;
  for (size_t c = 0; c != channels; ++c) {
    double scale = batchNormScale(gamma[c], variance[c], eps);
    for (size_t i = c * taps; i != (c + 1) * taps; ++i)
      out[i] = static_cast<float>(static_cast<double>(weight[i]) * scale);
  }
}

void foldBatchNormBias(std::span<const float> gamma,
                       std::span<const float> beta, std::span<const float> mean,
                       std::span<const float> variance, double eps,
                       std::span<float> out) {
  assert(beta.size() == gamma.size() && mean.size() == gamma.size());
  assert(variance.size() == gamma.size() && out.size() == gamma.size());
  for (size_t c = 0; c != gamma.size(); ++c) {
    double scale = batchNormScale(gamma[c], variance[c], eps);
    out[c] = static_cast<float>(static_cast<double>(beta[c]) -
                                static_cast<double>(mean[c]) * scale);
  }
}

void tapsOutermost(std::span<const float> weight, int64_t channels,
                   int64_t taps, std::span<float> out) {
  assert(weight.size() == static_cast<size_t>(channels * taps));
  assert(out.size() == weight.size());
  for (int64_t c = 0; c != channels; ++c)
    for (int64_t t = 0; t != taps; ++t)
      out[static_cast<size_t>(t * channels + c)] =
          weight[static_cast<size_t>(c * taps + t)];
}

void padTo(std::span<const float> values, std::span<float> out) {
  assert(values.size() <= out.size());
  std::fill(std::copy(values.begin(), values.end(), out.begin()), out.end(),
            0.0f);
}

void padRows(std::span<const float> values, int64_t from, int64_t to,
             std::span<float> out) {
  assert(from > 0 && from <= to);
  assert(values.size() / static_cast<size_t>(from) * static_cast<size_t>(to) ==
         out.size());
  for (; !values.empty(); values = values.subspan(static_cast<size_t>(from)),
                          out = out.subspan(static_cast<size_t>(to)))
    padTo(values.first(static_cast<size_t>(from)),
          out.first(static_cast<size_t>(to)));
}

void packPanel(const PanelLayout &layout, std::span<const float> rows,
               std::span<float> out) {
  // Reads lines of a row whole and writes a block that stays in cache.
  constexpr int64_t block = 16;
  int64_t rowElements = layout.rowElements();
  int64_t rowCount = static_cast<int64_t>(rows.size()) / rowElements;
  assert(static_cast<int64_t>(rows.size()) == rowCount * rowElements);
  assert(rowCount <= layout.panelRows);
  assert(static_cast<int64_t>(out.size()) == layout.panelElements());
  if (rowCount < layout.panelRows)
    std::fill(out.begin(), out.end(), 0.0f);
  for (int64_t first = 0; first < layout.channels; first += block) {
    int64_t last = std::min(first + block, layout.channels);
    for (int64_t row = 0; row != rowCount; ++row) {
      const float *source = rows.data() + row * rowElements;
      for (int64_t c = first; c != last; ++c)
        for (int64_t t = 0; t != layout.taps; ++t)
          out[static_cast<size_t>((t * layout.channels + c) * layout.panelRows +
                                  row)] = source[c * layout.taps + t];
    }
  }
}

void interleaveRows(std::span<const float> panel, int64_t columns,
                    int64_t factor, std::span<float> out) {
  assert(panel.size() == out.size());
  assert(panel.size() % static_cast<size_t>(columns * factor) == 0);
  int64_t rows = static_cast<int64_t>(panel.size()) / columns;
  for (int64_t row = 0; row != rows; ++row) {
    const float *source = panel.data() + row * columns;
    float *target = out.data() + row / factor * factor * columns + row % factor;
    for (int64_t column = 0; column != columns; ++column)
      target[column * factor] = source[column];
  }
}

void roundToBf16(std::span<float> values) {
  for (float &value : values) {
    if (std::isnan(value))
      continue;
    auto bits = std::bit_cast<uint32_t>(value);
    bits += 0x7fff + (bits >> 16 & 1);
    value = std::bit_cast<float>(bits & 0xffff0000u);
  }
}

float rowScale(std::span<const float> row) {
  // Of numbers without sign, bits are in the order of values, NaN the last.
  uint32_t greatest = 0;
  for (float value : row)
    greatest = std::max(greatest, std::bit_cast<uint32_t>(value) & 0x7fffffff);
  float scale = std::bit_cast<float>(greatest) / 127;
  return scale < std::numeric_limits<float>::min() ? 0 : scale;
}

void quantizeRow(std::span<float> row) {
  float scale = rowScale(row);
  if (scale == 0 || !std::isfinite(scale)) {
    std::fill(row.begin(), row.end(), 0.0f);
    return;
  }
  // Adding this leaves no bits for fractions.
  constexpr float rounder = 0x1.8p23f;
  float inverse = 1 / scale;
  for (float &value : row)
    value = value * inverse + rounder - rounder;
}

float quantizedSum(std::span<float> row) {
  float scale = rowScale(row);
  quantizeRow(row);
  return static_cast<float>(std::accumulate(row.begin(), row.end(), 0.0) *
                            scale);
}

std::span<float> readPanelRows(const PanelLayout &layout,
                               const TensorSource &weight, int64_t panel,
                               std::span<float> scratch) {
  assert(panel >= 0 && panel < layout.panels());
  int64_t firstRow = panel * layout.panelRows;
  int64_t rowCount = std::min(layout.panelRows, layout.rows - firstRow);
  std::span<float> rows =
      scratch.first(static_cast<size_t>(rowCount * layout.rowElements()));
  weight.read(static_cast<uint64_t>(firstRow * layout.rowElements()), rows);
  return rows;
}

} // namespace cvt::weights
