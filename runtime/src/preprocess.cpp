//===- preprocess.cpp - Pictures for a model ------------------------------===//
//
// Connects the image library with what a model's manifest asks for.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/preprocess.h"

#include "runtime/image/decode.h"
#include "runtime/image/processor.h"

namespace cvt {

Status preprocess(const cvt_model &model, const std::string &name,
                  std::span<const std::byte> encoded, bool ignoreOrientation,
                  float *outPixels) {
  const Manifest &manifest = model.manifest;
  if (!manifest.imageProcessor)
    return fail(CVT_INVALID_ARGUMENT,
                model.path + ": this model does not take pictures, only "
                             "pixel_values");
  image::Result<image::Image> picture =
      image::decode(encoded, {.applyOrientation = !ignoreOrientation});
  if (!picture)
    return fail(CVT_BAD_IMAGE, name + ": " + picture.error());
  const std::vector<int64_t> &shape = manifest.input.shape;
  if (image::Status error = image::preprocess(
          *picture, *manifest.imageProcessor, static_cast<int>(shape[2]),
          static_cast<int>(shape[3]), outPixels))
    return fail(CVT_BAD_IMAGE, name + ": " + error->message);
  return nullptr;
}

Status preprocessFile(const cvt_model &model, const std::string &path,
                      bool ignoreOrientation, float *outPixels) {
  std::vector<uint8_t> bytes;
  if (Status status = readWholeFile(path, bytes))
    return status;
  return preprocess(model, path, std::as_bytes(std::span(bytes)),
                    ignoreOrientation, outPixels);
}

} // namespace cvt
