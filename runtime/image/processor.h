//===- processor.h - From a picture to pixel_values -----------------------===//
//
// What Hugging Face's ConvNextImageProcessor (transformers 4.57.6) makes of a
// picture, to the bit.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_PROCESSOR_H
#define CVT_RUNTIME_IMAGE_PROCESSOR_H

#include "runtime/image/image.h"
#include "runtime/image/resize.h"

#include <array>

namespace cvt::image {

/// The keys of preprocessor_config.json, with the class's defaults.
struct ProcessorConfig {
  bool doResize = true;
  /// `size`: the result's side if doResize.  Below 384 the short side becomes
  /// size / cropPct and the centre is cut out, else the picture is warped.
  int size = 384;
  double cropPct = 224.0 / 256.0;
  Filter resample = Filter::bilinear;
  bool doRescale = true;
  double rescaleFactor = 1.0 / 255.0;
  bool doNormalize = true;
  std::array<double, 3> mean = {0.5, 0.5, 0.5};
  std::array<double, 3> std = {0.5, 0.5, 0.5};
};

/// Fails for values that no picture can be processed with; the sentence names
/// the key.  Any thread.
Status checkConfig(const ProcessorConfig &config);

/// The result's size for a picture of size `picture`: that itself unless
/// doResize.  Any thread.
Size outputSize(const ProcessorConfig &config, Size picture);

/// The bytes that `preprocess` makes numbers of, of outputSize: with doResize
/// the picture resized and its centre, in black where that is larger, else a
/// copy.  Fails if checkConfig does, for a picture that checkSize refuses, and
/// when memory runs out; never throws.  Any thread.
Result<Image> resizeAndCrop(ImageView image, const ProcessorConfig &config);

/// Writes 3 * outHeight * outWidth floats to `out`, channels first.  Fails as
/// resizeAndCrop does, and if the result would have another size; never throws.
/// Any thread.
Status preprocess(ImageView image, const ProcessorConfig &config, int outHeight,
                  int outWidth, float *out);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_PROCESSOR_H
