//===- torch_checkpoint.h - What torch.save writes ------------------------===//
//
// A zip file with a pickle, which says how tensors are made of storages, and
// one entry for each storage.  The pickle is read as data (see pickle.h).
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_TORCH_CHECKPOINT_H
#define CVT_FRONTEND_TORCH_CHECKPOINT_H

#include "frontend/checkpoint.h"

#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// Whether a file that starts with these bytes (32 are enough) was written by
/// torch.save, also in the format from before PyTorch 1.6, which is recognised
/// but not read.
bool isTorchCheckpoint(std::string_view start);

/// Reads the state dict in a file: a dict of tensors, alone or as the item
/// "state_dict" or "model" of another dict.  A prefix "module." that all names
/// have is dropped.  Tensors must be row-major, lie inside their storage, and
/// be little-endian.
std::optional<Checkpoint> readTorchCheckpoint(const std::filesystem::path &path,
                                              std::string &error);

/// The same for a file that is open.  `file` goes into the tensors and into
/// errors.
std::optional<Checkpoint> parseTorchCheckpoint(std::istream &stream,
                                               const std::string &file,
                                               std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_TORCH_CHECKPOINT_H
