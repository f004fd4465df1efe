//===- shapes.cpp - Sizes that follow from a config and an image size -----===//
//
// Follows one image through the stages, axis by axis.
//
//===----------------------------------------------------------------------===//

#include "frontend/shapes.h"

#include "frontend/json_reader.h"

#include <algorithm>

namespace cvt {

/// Kernels index a tensor with 32 bits.
static constexpr double kMaxMapElements = 2147483647.0;

int64_t convolutionSize(int64_t n, int64_t kernel, int64_t stride,
                        int64_t padding) {
  int64_t room = n + 2 * padding - kernel;
  return room < 0 ? 0 : room / stride + 1;
}

int64_t ceilPoolingSize(int64_t n, int64_t kernel, int64_t stride,
                        int64_t padding) {
  int64_t room = n + 2 * padding - kernel + stride - 1;
  if (room < 0)
    return 0;
  int64_t size = room / stride + 1;
  return (size - 1) * stride >= n + padding ? size - 1 : size;
}

static std::string format(MapSize map) {
  return std::to_string(map.height) + "x" + std::to_string(map.width);
}

/// The values of three keys of stage `i`, as messages name them.
static std::string window(size_t i, const char *kernelKey, int64_t kernel,
                          const char *strideKey, int64_t stride,
                          const char *paddingKey, int64_t padding) {
  return indexed(kernelKey, i) + " " + std::to_string(kernel) + ", " +
         indexed(strideKey, i) + " " + std::to_string(stride) + " and " +
         indexed(paddingKey, i) + " " + std::to_string(padding);
}

static MapSize convolve(MapSize map, int64_t kernel, int64_t stride,
                        int64_t padding) {
  return {convolutionSize(map.height, kernel, stride, padding),
          convolutionSize(map.width, kernel, stride, padding)};
}

static bool isEmpty(MapSize map) { return map.height < 1 || map.width < 1; }

/// Whether a map with that many channels can be indexed.
static bool fits(MapSize map, int64_t channels) {
  return static_cast<double>(map.height) * static_cast<double>(map.width) *
             static_cast<double>(channels) <=
         kMaxMapElements;
}

/// The map of k and v, or nothing and `error` if q or they have none.
static std::optional<MapSize> keyMap(const StageConfig &stage, size_t i,
                                     MapSize map, std::string &error) {
  if (stage.depth == 0 || stage.projectionMethod == ProjectionMethod::Linear)
    return map;
  std::string windowKv = window(i, "kernel_qkv", stage.kernelQkv, "stride_kv",
                                stage.strideKv, "padding_kv", stage.paddingKv);
  MapSize result;
  if (stage.projectionMethod == ProjectionMethod::Avg) {
    result = {ceilPoolingSize(map.height, stage.kernelQkv, stage.strideKv,
                              stage.paddingKv),
              ceilPoolingSize(map.width, stage.kernelQkv, stage.strideKv,
                              stage.paddingKv)};
  } else {
    MapSize query =
        convolve(map, stage.kernelQkv, stage.strideQ, stage.paddingQ);
    if (query != map) {
      error = window(i, "kernel_qkv", stage.kernelQkv, "stride_q",
                     stage.strideQ, "padding_q", stage.paddingQ) +
              " make q's map " + format(query) +
              "; they must keep the size of the stage's map, " + format(map);
      return std::nullopt;
    }
    result = convolve(map, stage.kernelQkv, stage.strideKv, stage.paddingKv);
  }
  if (isEmpty(result)) {
    error = windowKv + " leave nothing of the stage's map, " + format(map) +
            "; the kernel must fit into the padded map";
    return std::nullopt;
  }
  return result;
}

static std::optional<StageShape> stageShape(const CvtConfig &config, size_t i,
                                            MapSize input, std::string &error) {
  const StageConfig &stage = config.stages[i];
  MapSize map =
      convolve(input, stage.patchSize, stage.patchStride, stage.patchPadding);
  if (isEmpty(map)) {
    error = window(i, "patch_sizes", stage.patchSize, "patch_stride",
                   stage.patchStride, "patch_padding", stage.patchPadding) +
            " leave nothing of the stage's input, " + format(input) +
            "; the kernel must fit into the padded input";
    return std::nullopt;
  }
  std::optional<MapSize> kvMap = keyMap(stage, i, map, error);
  if (!kvMap)
    return std::nullopt;
  int64_t channels = std::max(stage.embedDim, stage.mlpHidden());
  for (MapSize size : {map, *kvMap})
    if (!fits(size, channels)) {
      error = "stage " + std::to_string(i) + " has a map of " + format(size) +
              " with " + std::to_string(channels) +
              " channels; it must be smaller than 2147483648 numbers";
      return std::nullopt;
    }
  int64_t extra = stage.clsToken ? 1 : 0;
  return StageShape{map, *kvMap, map.tokens() + extra, kvMap->tokens() + extra};
}

std::optional<std::vector<StageShape>>
validateForImageSize(const CvtConfig &config, int64_t height, int64_t width,
                     std::string &error) {
  MapSize map{height, width};
  std::string prefix =
      config.file + ": for images of " + format(map) + " pixels, ";
  auto refuse = [&](const std::string &reason) {
    error = prefix + reason;
    return std::nullopt;
  };
  if (isEmpty(map) || std::max(height, width) > kMaxImageSize)
    return refuse("the size is outside of the limits; height and width must "
                  "be from 1 to " +
                  std::to_string(kMaxImageSize));
  if (!fits(map, config.numChannels))
    return refuse("num_channels is " + std::to_string(config.numChannels) +
                  "; an image must be smaller than 2147483648 numbers");
  std::vector<StageShape> shapes;
  for (size_t i = 0; i != config.stages.size(); ++i) {
    std::string reason;
    std::optional<StageShape> shape = stageShape(config, i, map, reason);
    if (!shape)
      return refuse(reason);
    shapes.push_back(*shape);
    map = shape->map;
  }
  return shapes;
}

} // namespace cvt
