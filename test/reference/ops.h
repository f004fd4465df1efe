//===- ops.h - What each op of the cvt dialect computes -------------------===//
//
// Written to be read beside the dialect's descriptions: one function for each
// op, loops over indices, doubles, no tricks.  Slow on purpose.
//
// Shapes are as in the dialect, with the batch B: maps (B, H, W, C), tokens
// (B, T, C).  Arguments must fit each other as the dialect's verifiers demand.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_REFERENCE_OPS_H
#define CVT_TEST_REFERENCE_OPS_H

#include "test/reference/array.h"

#include <cstdint>

namespace cvt::reference {

/// How a square window slides over a map.
struct Window {
  int64_t kernel;
  int64_t stride;
  int64_t padding;
};

//===----------------------------------------------------------------------===//
// Graph ops
//===----------------------------------------------------------------------===//

/// `weight`: (channels, C, kernel, kernel); `bias`: (channels) or null.
Array convEmbed(const Array &map, const Array &weight, const Array *bias,
                Window window);

/// `weight`: (C, 1, kernel, kernel); `bias`: (C) or null.
Array depthwiseConv(const Array &map, const Array &weight, const Array *bias,
                    Window window);

/// Batch norm with stored statistics, all of (C), over the innermost axis.
Array batchNorm(const Array &input, const Array &gamma, const Array &beta,
                const Array &mean, const Array &variance, double epsilon);

/// Layer norm over the innermost axis; `gamma`, `beta`: (C).
Array layerNorm(const Array &input, const Array &gamma, const Array &beta,
                double epsilon);

/// PyTorch's AvgPool2d(kernel, stride, padding, ceil_mode=True).
Array avgPool(const Array &map, Window window);

/// `weight`: (features, C); `bias`: (features) or null.
Array linear(const Array &input, const Array &weight, const Array *bias);

/// x itself, for nothing is rounded here, with a `tail` of zeros behind each
/// row, where the scale would be; `linear` ignores it.
Array quantize(const Array &input, int64_t tail);

/// Tokens in, tokens out; heads are runs of C / heads channels.
Array attention(const Array &query, const Array &key, const Array &value,
                int64_t heads, double scale);

/// x (1 + erf(x / sqrt 2)) / 2.
Array gelu(Array input);

/// x sigmoid(1.702 x).
Array quickGelu(Array input);

Array add(Array lhs, const Array &rhs);

/// (B, T, C) to (B, C).
Array tokenMean(const Array &tokens);

/// (B, H, W, C) to (B, C, H, W), and back.
Array toNchw(const Array &map);
Array toNhwc(const Array &map);

//===----------------------------------------------------------------------===//
// Class tokens
//===----------------------------------------------------------------------===//

/// `classToken`: (B, 1, C), or (1, 1, C), which is repeated.
Array prependClassToken(const Array &classToken, const Array &tokens);
Array takeClassToken(const Array &tokens);
Array dropClassToken(const Array &tokens);

//===----------------------------------------------------------------------===//
// Prepare steps
//===----------------------------------------------------------------------===//

/// `weight`: (C, 1, kernel, kernel); the others: (C).
Array foldBnWeight(const Array &weight, const Array &gamma,
                   const Array &variance, double epsilon);
Array foldBnBias(const Array &gamma, const Array &beta, const Array &mean,
                 const Array &variance, double epsilon);

} // namespace cvt::reference

#endif // CVT_TEST_REFERENCE_OPS_H
