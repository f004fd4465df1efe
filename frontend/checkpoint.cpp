//===- checkpoint.cpp - Where the tensors of a model are ------------------===//
//
// Finds out which format a folder's weights are in.
//
//===----------------------------------------------------------------------===//

#include "frontend/checkpoint.h"

#include "frontend/safetensors.h"

namespace cvt {

const CheckpointTensor *Checkpoint::find(std::string_view tensor) const {
  auto found = tensors.find(tensor);
  return found == tensors.end() ? nullptr : &found->second;
}

std::optional<Checkpoint> openCheckpoint(const std::filesystem::path &folder,
                                         std::string &error) {
  std::filesystem::path single = folder / "model.safetensors";
  std::filesystem::path index = folder / "model.safetensors.index.json";
  std::error_code status;
  if (std::filesystem::exists(single, status))
    return readSafetensors(single, error);
  if (std::filesystem::exists(index, status))
    return readSafetensorsIndex(index, error);
  error = folder.string() + ": has no weights; it must hold " +
          single.filename().string() + " or " + index.filename().string();
  return std::nullopt;
}

std::string formatShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i != shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace cvt
