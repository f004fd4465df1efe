//===- tf_checkpoint.h - What TensorFlow's classes save -------------------===//
//
// tf_model.h5 is an HDF5 file with a dataset for each variable.  libhdf5 reads
// its tables; values are never read through it, so nothing is decompressed,
// converted, or looked for in another file.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_TF_CHECKPOINT_H
#define CVT_FRONTEND_TF_CHECKPOINT_H

#include "frontend/checkpoint.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// Whether a file that starts with these bytes (8 are enough) is an HDF5 file.
bool isHdf5(std::string_view start);

/// Reads the variables of a TFCvtModel or TFCvtForImageClassification, as
/// save_pretrained writes them, under PyTorch's names and with its shapes.  The
/// class token, whose variable does not say its stage, is
/// "cvt.encoder.cls_token".  The file must consist of groups, and of datasets
/// in one piece each; threads take turns.
std::optional<Checkpoint> readTfCheckpoint(const std::filesystem::path &path,
                                           std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_TF_CHECKPOINT_H
