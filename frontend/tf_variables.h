//===- tf_variables.h - TensorFlow's variables as PyTorch's tensors -------===//

#ifndef CVT_FRONTEND_TF_VARIABLES_H
#define CVT_FRONTEND_TF_VARIABLES_H

#include "frontend/checkpoint.h"

#include <string>
#include <string_view>

namespace cvt {

/// Whether a tensor has the name of a TensorFlow variable: those end in ":0".
bool isTfVariable(std::string_view name);

/// PyTorch's name of a variable of TFCvtModel or TFCvtForImageClassification.
/// What stands before "cvt/encoder/", "classifier/" or "layernorm/" is dropped:
/// names of layers and of the model, which differ by file format.  The class
/// token, whose variable need not say its stage, is "cvt.encoder.cls_token".
/// Other names keep all their parts.
std::string torchNameOf(std::string_view variable);

/// Turns a kernel as TensorFlow has it, HWIO or (in, out), to PyTorch's OIHW or
/// (out, in).  Leaves other variables as they are.
void turnKernel(std::string_view variable, CheckpointTensor &tensor);

} // namespace cvt

#endif // CVT_FRONTEND_TF_VARIABLES_H
