//===- checkpoint_index.h - Checkpoints in several files ------------------===//

#ifndef CVT_FRONTEND_CHECKPOINT_INDEX_H
#define CVT_FRONTEND_CHECKPOINT_INDEX_H

#include "frontend/checkpoint.h"

#include <filesystem>
#include <optional>
#include <string>

namespace cvt {

/// Reads one file of a checkpoint.
using ReadCheckpointFile = std::optional<Checkpoint>(
    const std::filesystem::path &path, std::string &error);

/// Reads an index (`*.index.json`) and, with `readFile`, all shards it names,
/// which are plain file names of the index's own folder.  The table holds the
/// tensors of the index.  `readFile` must not take an index: it could name
/// itself.
std::optional<Checkpoint> readCheckpointIndex(const std::filesystem::path &path,
                                              ReadCheckpointFile &readFile,
                                              std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_CHECKPOINT_INDEX_H
