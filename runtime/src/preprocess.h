//===- preprocess.h - Pictures for a model --------------------------------===//
//
// Connects the image library with what a model's manifest asks for.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_PREPROCESS_H
#define CVT_RUNTIME_PREPROCESS_H

#include "runtime/src/model.h"

#include <cstddef>
#include <span>
#include <string>

namespace cvt {

/// As cvt_model_preprocess, arguments checked.
Status preprocess(const cvt_model &model, const std::string &name,
                  std::span<const std::byte> encoded, bool ignoreOrientation,
                  float *outPixels);

/// As cvt_model_preprocess_file, arguments checked.
Status preprocessFile(const cvt_model &model, const std::string &path,
                      bool ignoreOrientation, float *outPixels);

} // namespace cvt

#endif // CVT_RUNTIME_PREPROCESS_H
