//===- image.cpp - The image path, for Python -----------------------------===//

#include "python/native/module.h"

#include "cvt/model.hpp"
#include "runtime/image/decode.h"
#include "runtime/image/processor.h"
#include "runtime/src/file.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>

#include <memory>
#include <string>
#include <vector>

namespace nb = nanobind;

using namespace cvt::image;
using namespace cvt::python;

/// With any strides: channels may come first in memory, rows upside down, or
/// one channel stand for three.
using Picture =
    nb::ndarray<const uint8_t, nb::shape<-1, -1, 3>, nb::device::cpu>;
using Bytes = nb::ndarray<nb::numpy, uint8_t>;
using Floats = nb::ndarray<nb::numpy, float>;

static void check(const Status &status) {
  if (status)
    throw nb::value_error(status->message.c_str());
}

/// The picture's pixels: its own memory where they lie one behind the other,
/// else a copy of it in `copy`.  Without the GIL.
static ImageView view(const Picture &picture, std::vector<uint8_t> &copy) {
  check(checkSize(int64_t(picture.shape(1)), int64_t(picture.shape(0))));
  int height = int(picture.shape(0)), width = int(picture.shape(1));
  int64_t down = picture.stride(0), right = picture.stride(1),
          channel = picture.stride(2);
  if (channel == 1 && right == 3 && down == int64_t(width) * 3)
    return {width, height, picture.data()};
  copy.resize(size_t(height) * width * 3);
  uint8_t *out = copy.data();
  for (int y = 0; y < height; ++y) {
    const uint8_t *red = picture.data() + y * down, *green = red + channel,
                  *blue = green + channel;
    for (int x = 0; x < width; ++x, out += 3) {
      out[0] = red[x * right];
      out[1] = green[x * right];
      out[2] = blue[x * right];
    }
  }
  return {width, height, copy.data()};
}

/// An array that owns the image's pixels.
static Bytes toArray(Result<Image> image) {
  if (!image)
    throw nb::value_error(image.error().c_str());
  auto owned = std::make_unique<Image>(std::move(*image));
  size_t shape[] = {size_t(owned->height), size_t(owned->width), 3};
  uint8_t *pixels = owned->pixels.data();
  nb::capsule owner(owned.get(), [](void *image) noexcept {
    delete static_cast<Image *>(image);
  });
  (void)owned.release();
  return Bytes(pixels, 3, shape, owner);
}

static Bytes decodeBytes(const nb::bytes &encoded) {
  std::span bytes(static_cast<const std::byte *>(encoded.data()),
                  encoded.size());
  Result<Image> image = Error{};
  {
    nb::gil_scoped_release release;
    image = decode(bytes);
  }
  return toArray(std::move(image));
}

static Bytes decodeFile(const PathLike &file) {
  std::string path = toPath(file);
  Result<Image> image = Error{};
  {
    nb::gil_scoped_release release;
    std::vector<uint8_t> bytes;
    cvt::check(cvt::readWholeFile(path, bytes).release());
    image = decode(std::as_bytes(std::span(bytes)));
  }
  return toArray(std::move(image));
}

static void construct(ProcessorConfig *config, bool doResize, int size,
                      double cropPct, int resample, bool doRescale,
                      double rescaleFactor, bool doNormalize,
                      std::array<double, 3> mean, std::array<double, 3> std) {
  ProcessorConfig made{doResize,         size,      cropPct,
                       Filter(resample), doRescale, rescaleFactor,
                       doNormalize,      mean,      std};
  check(checkConfig(made));
  new (config) ProcessorConfig(made);
}

static Bytes resizeAndCropPicture(const ProcessorConfig &config,
                                  const Picture &picture) {
  Result<Image> image = Error{};
  {
    nb::gil_scoped_release release;
    std::vector<uint8_t> copy;
    image = resizeAndCrop(view(picture, copy), config);
  }
  return toArray(std::move(image));
}

static Floats preprocessPicture(const ProcessorConfig &config,
                                const Picture &picture) {
  Size size = outputSize(
      config, {int64_t(picture.shape(1)), int64_t(picture.shape(0))});
  std::unique_ptr<float[]> values;
  {
    nb::gil_scoped_release release;
    std::vector<uint8_t> copy;
    ImageView image = view(picture, copy);
    values.reset(new float[size_t(size.height * size.width * 3)]);
    check(preprocess(image, config, int(size.height), int(size.width),
                     values.get()));
  }
  size_t shape[] = {3, size_t(size.height), size_t(size.width)};
  nb::capsule owner(values.get(), [](void *memory) noexcept {
    delete[] static_cast<float *>(memory);
  });
  return Floats(values.release(), 3, shape, owner);
}

void cvt::python::bindImages(nb::module_ &module) {
  module.def(
      "decode_image", decodeBytes, nb::arg("encoded"),
      "The (height, width, 3) uint8 pixels of an encoded picture, turned "
      "as the orientation stored in it says.  Raises ValueError.");
  module.def("decode_image_file", decodeFile, nb::arg("path"),
             "The same for a file.  Raises OSError, or ValueError.");
  const ProcessorConfig byDefault;
  nb::class_<ProcessorConfig>(
      module, "ImageProcessor",
      "How pictures become numbers.  Any thread may use it.")
      .def("__init__", construct, nb::kw_only(), nb::arg("do_resize"),
           nb::arg("size") = byDefault.size,
           nb::arg("crop_pct") = byDefault.cropPct,
           nb::arg("resample") = int(byDefault.resample), nb::arg("do_rescale"),
           nb::arg("rescale_factor") = byDefault.rescaleFactor,
           nb::arg("do_normalize"), nb::arg("image_mean") = byDefault.mean,
           nb::arg("image_std") = byDefault.std,
           "Arguments are the keys of preprocessor_config.json.  Raises "
           "ValueError.")
      .def("resize_and_crop", resizeAndCropPicture,
           nb::arg("picture").noconvert(),
           "The (height, width, 3) uint8 pixels that numbers are made of.  "
           "picture: uint8 of shape (height, width, 3), with any strides.  "
           "Raises ValueError.")
      .def("preprocess", preprocessPicture, nb::arg("picture").noconvert(),
           "(3, height, width) float32 numbers from such a picture.  Raises "
           "ValueError.");
}
