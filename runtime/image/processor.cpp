//===- processor.cpp - From a picture to pixel_values ---------------------===//
//
// Resize and crop on bytes, then one table of 256 floats for each channel.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/processor.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <string>

using namespace cvt::image;

/// From this size on pictures are warped, not cropped.
static constexpr int firstWarpedSize = 384;

/// Bounds that keep all sizes below 2^50 and exact as doubles.
static constexpr int maxSide = 1 << 13;
static constexpr double maxShortSide = 1 << 20;

Status cvt::image::checkConfig(const ProcessorConfig &config) {
  auto number = [](double value) { return std::to_string(value); };
  if (config.doResize && (config.size < 1 || config.size > maxSide))
    return Error{"size is " + std::to_string(config.size) + ", expected 1 to " +
                 std::to_string(maxSide)};
  if (config.doResize && config.size < firstWarpedSize) {
    double shortSide = config.size / config.cropPct;
    if (!(config.cropPct > 0 && shortSide >= 1 && shortSide <= maxShortSide))
      return Error{"crop_pct is " + number(config.cropPct) +
                   ", expected a number for which size / crop_pct is 1 to " +
                   std::to_string(int64_t(maxShortSide))};
  }
  int resample = int(config.resample);
  if (config.doResize && (resample < 0 || resample > 5))
    return Error{"resample is " + std::to_string(resample) +
                 ", expected 0 to 5"};
  if (config.doRescale && !std::isfinite(config.rescaleFactor))
    return Error{"rescale_factor is " + number(config.rescaleFactor) +
                 ", expected a finite number"};
  for (int c = 0; config.doNormalize && c < 3; ++c) {
    if (!std::isfinite(config.mean[c]))
      return Error{"image_mean holds " + number(config.mean[c]) +
                   ", expected finite numbers"};
    if (!std::isfinite(config.std[c]) || float(config.std[c]) == 0)
      return Error{"image_std holds " + number(config.std[c]) +
                   ", expected finite numbers other than 0"};
  }
  return {};
}

Size cvt::image::outputSize(const ProcessorConfig &config, Size picture) {
  return config.doResize ? Size{config.size, config.size} : picture;
}

/// What the picture is resized to before it is cropped.
static Size resizedSize(const ProcessorConfig &config, ImageView image) {
  if (config.size >= firstWarpedSize)
    return {config.size, config.size};
  auto shortSide = int64_t(config.size / config.cropPct);
  auto [low, high] = std::minmax(image.width, image.height);
  auto longSide = int64_t(double(shortSide * high) / double(low));
  return image.width <= image.height ? Size{shortSide, longSide}
                                     : Size{longSide, shortSide};
}

namespace {

/// The part of an axis of the result that the resized picture covers.
struct Covered {
  int64_t from; ///< in the resized picture
  int start;    ///< in the result
  int count;
};

} // namespace

/// Centres `length` in `resized`, or the other way round; odd differences are
/// rounded as Hugging Face's center_crop does.
static Covered cover(int64_t resized, int length) {
  if (resized >= length)
    return {(resized - length) / 2, 0, length};
  int start = int((length - resized + 1) / 2);
  return {0, start, int(resized)};
}

/// `image` on a black picture of `side` x `side` pixels.
static Image onBlack(const Image &image, int side, int left, int top) {
  Image out{side, side, std::vector<uint8_t>(size_t(side) * side * 3)};
  for (int y = 0; y < image.height; ++y)
    std::copy_n(image.row(y), image.rowBytes(),
                out.row(top + y) + size_t(left) * 3);
  return out;
}

/// With doResize and a config and a picture that were checked.
static Image resizedAndCropped(ImageView image, const ProcessorConfig &config) {
  Size resized = resizedSize(config, image);
  Covered x = cover(resized.width, config.size);
  Covered y = cover(resized.height, config.size);
  Image out = resize(image, resized, config.resample,
                     {x.from, y.from, x.count, y.count});
  if (x.count == config.size && y.count == config.size)
    return out;
  return onBlack(out, config.size, x.start, y.start);
}

/// What a channel's byte becomes.  The roundings to float are the reference's.
static std::array<float, 256> valueTable(const ProcessorConfig &config,
                                         int channel) {
  std::array<float, 256> table;
  for (int byte = 0; byte < 256; ++byte) {
    float value = config.doRescale ? float(double(byte) * config.rescaleFactor)
                                   : float(byte);
    if (config.doNormalize)
      value =
          (value - float(config.mean[channel])) / float(config.std[channel]);
    table[byte] = value;
  }
  return table;
}

/// Writes one channel's values.
static void writeChannel(ImageView image, int channel,
                         const std::array<float, 256> &table, float *out) {
  size_t pixels = size_t(image.height) * image.width;
  for (size_t i = 0; i < pixels; ++i)
    out[i] = table[image.pixels[i * 3 + channel]];
}

static std::string describe(int64_t width, int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

static Status checkOutput(ImageView image, const ProcessorConfig &config,
                          int outHeight, int outWidth) {
  Size made = outputSize(config, {image.width, image.height});
  if (made == Size{outWidth, outHeight})
    return {};
  std::string expected = describe(outWidth, outHeight);
  if (!config.doResize)
    return Error{"the picture is " + describe(made.width, made.height) +
                 " pixels and the image processor does not resize, expected " +
                 expected};
  return Error{"the image processor makes pictures of " +
               describe(made.width, made.height) + " pixels, expected " +
               expected};
}

static Status checkInput(ImageView image, const ProcessorConfig &config) {
  if (Status status = checkConfig(config))
    return status;
  return checkSize(image.width, image.height);
}

static Error outOfMemory() {
  return Error{"there is not enough memory to resize the picture"};
}

Result<Image> cvt::image::resizeAndCrop(ImageView image,
                                        const ProcessorConfig &config) {
  try {
    if (Status status = checkInput(image, config))
      return *status;
    if (config.doResize)
      return resizedAndCropped(image, config);
    const uint8_t *end = image.pixels + image.height * image.rowBytes();
    return Image{image.width, image.height, {image.pixels, end}};
  } catch (const std::bad_alloc &) {
    return outOfMemory();
  }
}

Status cvt::image::preprocess(ImageView image, const ProcessorConfig &config,
                              int outHeight, int outWidth, float *out) {
  try {
    if (Status status = checkInput(image, config))
      return status;
    if (Status status = checkOutput(image, config, outHeight, outWidth))
      return status;
    Image resized;
    if (config.doResize) {
      resized = resizedAndCropped(image, config);
      image = resized;
    }
    for (int c = 0; c < 3; ++c)
      writeChannel(image, c, valueTable(config, c),
                   out + size_t(c) * outHeight * outWidth);
    return {};
  } catch (const std::bad_alloc &) {
    return outOfMemory();
  }
}
