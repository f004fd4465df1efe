//===- checkpoint.h - Where the tensors of a model are --------------------===//
//
// A table from tensor name to a place in a file, the same for every checkpoint
// format.  Values are not read here.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_CHECKPOINT_H
#define CVT_FRONTEND_CHECKPOINT_H

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cvt {

/// Element types that weights are stored in, and `Other`: legal in a file, but
/// not as a type of a tensor that the model needs.
enum class ElementType { F64, F32, F16, BF16, I64, Other };

struct CheckpointTensor {
  /// The file that holds the values, as a path that can be opened.
  std::string file;
  ElementType type = ElementType::Other;
  /// The type as the file spells it ("F32", "BF16", "U8", ...).
  std::string typeName;
  /// Row-major, empty for a scalar.
  std::vector<int64_t> shape;
  /// Empty, or where the file has the axes in another order: axis i of `shape`
  /// is axis `axes[i]` of the row-major tensor in the file.
  std::vector<int64_t> axes;
  /// Place of the values in the file, in bytes from its start; inside the file
  /// when it was read.
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

struct Checkpoint {
  /// The file that a message about the whole checkpoint names.
  std::string name;
  std::map<std::string, CheckpointTensor, std::less<>> tensors;

  /// The tensor of that name, or null.
  const CheckpointTensor *find(std::string_view tensor) const;

  /// The files that hold its tensors.
  std::set<std::string> files() const;
};

/// Opens the weights in a folder: model.safetensors, else the shards
/// that model.safetensors.index.json lists, else the same of pytorch_model.bin,
/// else of tf_model.h5.
/// Returns nothing and sets `error` to one sentence if there are none or they
/// break a rule of their format.
std::optional<Checkpoint> openCheckpoint(const std::filesystem::path &folder,
                                         std::string &error);

/// Opens one file of weights, or the index of several beside it.  Its content
/// says which format it is, whatever its name.
std::optional<Checkpoint> openCheckpointFile(const std::filesystem::path &path,
                                             std::string &error);

/// "[2, 3]", as in messages.
std::string formatShape(const std::vector<int64_t> &shape);

} // namespace cvt

#endif // CVT_FRONTEND_CHECKPOINT_H
