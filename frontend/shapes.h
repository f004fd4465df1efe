//===- shapes.h - Sizes that follow from a config and an image size -------===//
//
// A CvT takes images of any size, but not every config takes every size.  The
// shapes of all stages are worked out, and refused, in one place.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_SHAPES_H
#define CVT_FRONTEND_SHAPES_H

#include "frontend/config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cvt {

struct MapSize {
  int64_t height;
  int64_t width;
  int64_t tokens() const { return height * width; }
  friend bool operator==(const MapSize &, const MapSize &) = default;
};

/// Shapes of one stage for a given image size.
struct StageShape {
  MapSize map;      ///< of the stage's tokens, and of q
  MapSize kvMap;    ///< of k and v
  int64_t tokens;   ///< map.tokens(), plus one with a class token
  int64_t kvTokens; ///< kvMap.tokens(), plus one with a class token
};

/// One axis of a convolution: (n + 2 * padding - kernel) / stride + 1, floored;
/// 0 if the kernel does not fit.
int64_t convolutionSize(int64_t n, int64_t kernel, int64_t stride,
                        int64_t padding);

/// One axis of PyTorch's pooling with ceil_mode: as above but rounded up, and
/// without a window that would start behind the input and its first padding.
int64_t ceilPoolingSize(int64_t n, int64_t kernel, int64_t stride,
                        int64_t padding);

/// The shape of every stage for images of `height` x `width` pixels, or
/// nothing and `error` if the model has none for that size: a kernel larger
/// than its padded input, a q map that differs from the stage's map, or a map
/// too large to index.
std::optional<std::vector<StageShape>>
validateForImageSize(const CvtConfig &config, int64_t height, int64_t width,
                     std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_SHAPES_H
