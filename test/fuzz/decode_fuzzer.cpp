//===- decode_fuzzer.cpp - Any bytes as a picture -------------------------===//
//
// Whatever the bytes are, decoding gives a picture of a legal size or one
// sentence, and a picture can be made into pixel_values.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/decode.h"
#include "runtime/image/processor.h"

#include <cstdlib>

using namespace cvt::image;

static void require(bool holds) {
  if (!holds)
    std::abort();
}

static void checkError(const std::string &message) {
  require(!message.empty() && message.find('\n') == message.npos);
}

/// A crop and a warp, with the filters that differ most.
static void checkPixelValues(const Image &image) {
  for (auto [size, filter] :
       {std::pair{32, Filter::bicubic}, {384, Filter::nearest}}) {
    ProcessorConfig config;
    config.size = size;
    config.resample = filter;
    std::vector<float> values(size_t(3) * size * size);
    require(!preprocess(image, config, size, size, values.data()));
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<Image> image = decode(std::as_bytes(std::span(data, size)));
  if (!image) {
    checkError(image.error());
    return 0;
  }
  require(!checkSize(image->width, image->height));
  require(image->pixels.size() == size_t(image->height) * image->rowBytes());
  if (image->pixels.size() < 1'000'000)
    checkPixelValues(*image);
  return 0;
}
