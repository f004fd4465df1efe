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

/// Writes 3 * outHeight * outWidth floats to `out`, channels first.  Fails if
/// checkConfig does, if the result would have another size, and when memory
/// runs out; never throws.  Any thread.
Status preprocess(const Image &image, const ProcessorConfig &config,
                  int outHeight, int outWidth, float *out);

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_PROCESSOR_H
