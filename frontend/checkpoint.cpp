//===- checkpoint.cpp - Where the tensors of a model are ------------------===//
//
// Finds out which format a folder's weights are in.
//
//===----------------------------------------------------------------------===//

#include "frontend/checkpoint.h"

#include "frontend/checkpoint_index.h"
#include "frontend/safetensors.h"
#include "frontend/torch_checkpoint.h"

namespace cvt {

const CheckpointTensor *Checkpoint::find(std::string_view tensor) const {
  auto found = tensors.find(tensor);
  return found == tensors.end() ? nullptr : &found->second;
}

std::optional<Checkpoint> openCheckpoint(const std::filesystem::path &folder,
                                         std::string &error) {
  struct Format {
    std::string file;
    ReadCheckpointFile &read;
  };
  std::error_code status;
  for (const Format &format : {Format{"model.safetensors", readSafetensors},
                               {"pytorch_model.bin", readTorchCheckpoint}}) {
    std::filesystem::path single = folder / format.file;
    std::filesystem::path index = folder / (format.file + ".index.json");
    if (std::filesystem::exists(single, status))
      return format.read(single, error);
    if (std::filesystem::exists(index, status))
      return readCheckpointIndex(index, format.read, error);
  }
  error = folder.string() +
          ": has no weights; it must hold model.safetensors or "
          "pytorch_model.bin, or an index of one in shards";
  return std::nullopt;
}

std::string formatShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i != shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace cvt
