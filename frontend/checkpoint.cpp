//===- checkpoint.cpp - Where the tensors of a model are ------------------===//
//
// Finds out which file a folder's weights are in, and which format a file has.
//
//===----------------------------------------------------------------------===//

#include "frontend/checkpoint.h"

#include "frontend/checkpoint_index.h"
#include "frontend/safetensors.h"
#include "frontend/tf_checkpoint.h"
#include "frontend/torch_checkpoint.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace fs = std::filesystem;

namespace cvt {

/// Enough bytes to tell the formats apart.
static constexpr size_t startBytes = 32;

const CheckpointTensor *Checkpoint::find(std::string_view tensor) const {
  auto found = tensors.find(tensor);
  return found == tensors.end() ? nullptr : &found->second;
}

std::set<std::string> Checkpoint::files() const {
  std::set<std::string> paths;
  for (const auto &[name, tensor] : tensors)
    paths.insert(tensor.file);
  return paths;
}

/// The first bytes of a regular file, fewer if it is shorter.
static std::optional<std::string> readStart(const fs::path &path,
                                            std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = path.string() + ": " + reason;
    return std::nullopt;
  };
  std::error_code code;
  fs::file_status status = fs::status(path, code);
  if (!fs::exists(status))
    return refuse(code.message());
  if (!fs::is_regular_file(status))
    return refuse("is not a regular file");
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return refuse(std::string("cannot be opened: ") + std::strerror(errno));
  std::string start(startBytes, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  return start;
}

/// Opens a file that holds tensors itself.
static std::optional<Checkpoint> openShard(const fs::path &path,
                                           std::string &error) {
  std::optional<std::string> start = readStart(path, error);
  if (!start)
    return std::nullopt;
  if (isTorchCheckpoint(*start))
    return readTorchCheckpoint(path, error);
  if (isHdf5(*start))
    return readTfCheckpoint(path, error);
  if (isSafetensors(*start))
    return readSafetensors(path, error);
  error = path.string() + ": is not a file of weights: neither safetensors, "
                          "nor of torch.save, nor HDF5";
  return std::nullopt;
}

std::optional<Checkpoint> openCheckpointFile(const fs::path &path,
                                             std::string &error) {
  std::optional<std::string> start = readStart(path, error);
  if (!start)
    return std::nullopt;
  size_t first = start->find_first_not_of(" \t\r\n");
  bool isJson = first != std::string::npos && (*start)[first] == '{' &&
                !isSafetensors(*start);
  return isJson ? readCheckpointIndex(path, openShard, error)
                : openShard(path, error);
}

/// For the error about a folder without weights: the only file named as the
/// original repository's are, whose place is nowhere defined.
static std::string suggestOriginal(const fs::path &folder) {
  std::error_code code;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code))
    if (entry->path().extension() == ".pth")
      found.push_back(entry->path());
  return found.size() != 1 ? ""
                           : "; " + found.front().filename().string() +
                                 " is read if it is named: --weights=" +
                                 found.front().string();
}

std::optional<Checkpoint> openCheckpoint(const fs::path &folder,
                                         std::string &error) {
  std::error_code status;
  for (std::string name :
       {"model.safetensors", "pytorch_model.bin", "tf_model.h5"}) {
    fs::path index = folder / (name + ".index.json");
    if (fs::exists(folder / name, status))
      return openShard(folder / name, error);
    if (fs::exists(index, status))
      return readCheckpointIndex(index, openShard, error);
  }
  error = folder.string() +
          ": has no weights; it must hold model.safetensors, "
          "pytorch_model.bin or tf_model.h5, or an index of one in shards" +
          suggestOriginal(folder);
  return std::nullopt;
}

std::string formatShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i != shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace cvt
