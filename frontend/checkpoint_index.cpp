//===- checkpoint_index.cpp - Checkpoints in several files ----------------===//

#include "frontend/checkpoint_index.h"

#include "frontend/json_reader.h"
#include "frontend/tf_variables.h"

#include <map>
#include <string_view>
#include <utility>

using nlohmann::json;

namespace cvt {

/// Whether `name` is a file of the folder itself.
static bool isPlainFileName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) ==
             std::string_view::npos;
}

std::optional<Checkpoint> readCheckpointIndex(const std::filesystem::path &path,
                                              ReadCheckpointFile &readFile,
                                              std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = path.string() + ": " + reason;
    return std::nullopt;
  };
  std::optional<std::string> text = readTextFile(path, error);
  if (!text)
    return std::nullopt;
  std::optional<json> index = parseJsonObject(*text, path.string(), error);
  if (!index)
    return std::nullopt;
  auto weightMap = index->find("weight_map");
  if (weightMap == index->end() || !weightMap->is_object())
    return refuse("has no weight_map; it must be an object from tensors to "
                  "file names");

  Checkpoint checkpoint{path.string(), {}};
  std::map<std::string, Checkpoint> shards;
  for (const auto &[key, value] : weightMap->items()) {
    if (!value.is_string() || !isPlainFileName(value.get<std::string>()))
      return refuse("weight_map[" + printable(key) + "] is " + describe(value) +
                    "; it must be the name of a file beside the index");
    std::string shardName = value.get<std::string>();
    auto shard = shards.find(shardName);
    if (shard == shards.end()) {
      std::optional<Checkpoint> read =
          readFile(path.parent_path() / shardName, error);
      if (!read)
        return std::nullopt;
      shard = shards.emplace(shardName, std::move(*read)).first;
    }
    const std::string tensor = isTfVariable(key) ? torchNameOf(key) : key;
    const CheckpointTensor *entry = shard->second.find(tensor);
    if (!entry)
      return refuse("weight_map[" + printable(key) + "] is " +
                    printable(shardName) + ", which has no such tensor");
    if (!checkpoint.tensors.emplace(tensor, *entry).second)
      return refuse("weight_map[" + printable(key) +
                    "] is a second variable for " + printable(tensor));
  }
  return checkpoint;
}

} // namespace cvt
