//===- safetensors_writer.h - A model's weights as Hugging Face's file ----===//

#ifndef CVT_TOOLS_CVT_COMPILE_SAFETENSORS_WRITER_H
#define CVT_TOOLS_CVT_COMPILE_SAFETENSORS_WRITER_H

#include "tools/cvt-compile/source_model.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace cvt {

/// Writes all weights of `model` to the safetensors file `path`, beside it
/// first and then by rename: in f32, with the names, shapes and buffers of
/// PyTorch's class, so that from_pretrained reads it.  Tensors that no
/// checkpoint has are drawn from `seed`, the same as in an artifact.
llvm::Error writeSafetensors(const std::string &path, const SourceModel &model,
                             uint64_t seed);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_SAFETENSORS_WRITER_H
