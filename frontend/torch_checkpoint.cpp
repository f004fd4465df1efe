//===- torch_checkpoint.cpp - What torch.save writes ----------------------===//

#include "frontend/torch_checkpoint.h"

#include "frontend/json_reader.h"
#include "frontend/pickle.h"
#include "frontend/zip_archive.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace cvt {

namespace {

struct StorageType {
  std::string_view name;
  /// As safetensors calls it.
  std::string_view element;
  uint64_t bytes;
  ElementType type;
};

constexpr StorageType storageTypes[] = {
    {"torch.DoubleStorage", "F64", 8, ElementType::F64},
    {"torch.FloatStorage", "F32", 4, ElementType::F32},
    {"torch.HalfStorage", "F16", 2, ElementType::F16},
    {"torch.BFloat16Storage", "BF16", 2, ElementType::BF16},
    {"torch.LongStorage", "I64", 8, ElementType::I64},
    {"torch.IntStorage", "I32", 4, ElementType::Other},
    {"torch.ShortStorage", "I16", 2, ElementType::Other},
    {"torch.CharStorage", "I8", 1, ElementType::Other},
    {"torch.ByteStorage", "U8", 1, ElementType::Other},
    {"torch.BoolStorage", "BOOL", 1, ElementType::Other},
    {"torch.ComplexFloatStorage", "C64", 8, ElementType::Other},
    {"torch.ComplexDoubleStorage", "C128", 16, ElementType::Other},
};

constexpr std::string_view rebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view rebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view rebuildFromType =
    "torch._tensor._rebuild_from_type_v2";

/// Limits that keep the work for one tensor small, whatever the pickle shares
/// among many.
constexpr size_t maxDimensions = 16;
constexpr size_t maxKeyBytes = 64;

/// Makes a table of the tensors in a pickle.
class StateDictReader {
public:
  /// `prefix`: what the names of entries start with.
  StateDictReader(const Pickle &pickle, const ZipDirectory &entries,
                  std::string prefix)
      : pickle(pickle), entries(entries), prefix(std::move(prefix)) {}

  /// Adds all tensors.  False if `problem` says what is wrong.
  bool read(Checkpoint &checkpoint);

  std::string problem;

private:
  bool refuse(const std::string &reason) {
    problem = reason;
    return false;
  }

  const PickleDict *findStateDict() const;
  const PickleDict *findDict(const PickleDict &dict,
                             std::string_view key) const;
  bool holdsTensors(const PickleDict &dict) const;
  bool readTensor(const PickleCall &call, CheckpointTensor &tensor);
  bool readLayout(const PickleTuple &arguments, CheckpointTensor &tensor,
                  uint64_t &elements);
  bool readExtents(PickleId id, std::vector<int64_t> &extents);
  bool findStorage(PickleId id, const StorageType *&type, ZipEntry &entry);
  const PickleTuple *argumentsOf(const PickleCall &call,
                                 std::string_view function) const;

  const Pickle &pickle;
  const ZipDirectory &entries;
  std::string prefix;
};

} // namespace

/// Every name that a pickle may refer to.  Types of tensors come up in calls of
/// _rebuild_from_type_v2.
static std::vector<std::string_view> acceptedGlobals() {
  std::vector<std::string_view> names = {rebuildTensor, rebuildParameter,
                                         rebuildFromType, "torch.Tensor",
                                         "torch.nn.parameter.Parameter"};
  for (const StorageType &type : storageTypes)
    names.push_back(type.name);
  return names;
}

bool StateDictReader::holdsTensors(const PickleDict &dict) const {
  return std::any_of(dict.items.begin(), dict.items.end(), [&](auto item) {
    return pickle.get<PickleCall>(item.value) != nullptr;
  });
}

/// The item of that name, the last if there are several, as in Python; null if
/// it is no dict.
const PickleDict *StateDictReader::findDict(const PickleDict &dict,
                                            std::string_view key) const {
  for (size_t i = dict.items.size(); i-- != 0;)
    if (auto *name = pickle.get<std::string_view>(dict.items[i].key);
        name && *name == key)
      return pickle.get<PickleDict>(dict.items[i].value);
  return nullptr;
}

/// The dict of tensors: the pickle's value, or an item of that.
const PickleDict *StateDictReader::findStateDict() const {
  auto *root = std::get_if<PickleDict>(&pickle.root());
  if (!root || holdsTensors(*root))
    return root;
  for (std::string_view wrapper : {"state_dict", "model"})
    if (auto *dict = findDict(*root, wrapper); dict && holdsTensors(*dict))
      return dict;
  return nullptr;
}

bool StateDictReader::read(Checkpoint &checkpoint) {
  const PickleDict *dict = findStateDict();
  if (!dict)
    return refuse("holds no state dict; it must be a dict of tensors, alone or "
                  "as state_dict or model in another dict");
  for (PickleDict::Item item : dict->items) {
    // Modules may keep other things in their state, such as counters.
    auto *call = pickle.get<PickleCall>(item.value);
    if (!call)
      continue;
    auto *name = pickle.get<std::string_view>(item.key);
    if (!name)
      return refuse("has a tensor whose name is not a string");
    CheckpointTensor tensor;
    tensor.file = checkpoint.name;
    if (!readTensor(*call, tensor))
      return refuse("tensor " + printable(*name) + " " + problem);
    if (!checkpoint.tensors.emplace(*name, std::move(tensor)).second)
      return refuse("tensor " + printable(*name) + " is there twice");
  }
  return true;
}

/// The arguments of a call of that function, or null.
const PickleTuple *
StateDictReader::argumentsOf(const PickleCall &call,
                             std::string_view function) const {
  return call.function == function ? pickle.get<PickleTuple>(call.arguments)
                                   : nullptr;
}

/// What `call` makes.  A parameter is made of a tensor, a tensor with
/// attributes of the call that makes the plain one.
bool StateDictReader::readTensor(const PickleCall &call,
                                 CheckpointTensor &tensor) {
  constexpr const char *unknown = "is not made as torch.save makes tensors";
  PickleCall inner = call;
  if (auto *arguments = argumentsOf(inner, rebuildParameter)) {
    auto *data = arguments->items.empty()
                     ? nullptr
                     : pickle.get<PickleCall>(arguments->items[0]);
    if (!data)
      return refuse(unknown);
    inner = *data;
  }
  if (auto *arguments = argumentsOf(inner, rebuildFromType)) {
    if (arguments->items.size() != 4)
      return refuse(unknown);
    auto *function = pickle.get<PickleGlobal>(arguments->items[0]);
    if (!function)
      return refuse(unknown);
    inner = {function->name, arguments->items[2]};
  }
  auto *arguments = argumentsOf(inner, rebuildTensor);
  if (!arguments || arguments->items.size() < 4)
    return refuse(unknown);

  const StorageType *type = nullptr;
  ZipEntry storage;
  uint64_t elements = 0, offset = 0, end = 0;
  if (!findStorage(arguments->items[0], type, storage) ||
      !readLayout(*arguments, tensor, elements))
    return false;
  auto *first = pickle.get<int64_t>(arguments->items[1]);
  uint64_t available = storage.bytes / type->bytes;
  if (!first || *first < 0 ||
      __builtin_add_overflow(static_cast<uint64_t>(*first), elements, &end) ||
      end > available)
    return refuse("has " + std::to_string(elements) + " numbers from number " +
                  (first ? std::to_string(*first) : "?") +
                  " of its storage, "
                  "which has " +
                  std::to_string(available));
  offset = static_cast<uint64_t>(*first);
  tensor.type = type->type;
  tensor.typeName = type->element;
  tensor.offset = storage.offset + offset * type->bytes;
  tensor.bytes = elements * type->bytes;
  return true;
}

/// A tuple of lengths.
bool StateDictReader::readExtents(PickleId id, std::vector<int64_t> &extents) {
  auto *tuple = pickle.get<PickleTuple>(id);
  if (!tuple)
    return refuse("has no shape or no strides");
  if (tuple->items.size() > maxDimensions)
    return refuse("has " + std::to_string(tuple->items.size()) +
                  " dimensions; at most " + std::to_string(maxDimensions) +
                  " are read");
  for (PickleId item : tuple->items) {
    auto *extent = pickle.get<int64_t>(item);
    if (!extent || *extent < 0)
      return refuse("has a shape or strides that are not whole numbers from 0");
    extents.push_back(*extent);
  }
  return true;
}

/// Reads the shape into `tensor` and checks that the strides are those of a
/// row-major tensor, where they matter.
bool StateDictReader::readLayout(const PickleTuple &arguments,
                                 CheckpointTensor &tensor, uint64_t &elements) {
  std::vector<int64_t> strides;
  if (!readExtents(arguments.items[2], tensor.shape) ||
      !readExtents(arguments.items[3], strides))
    return false;
  if (strides.size() != tensor.shape.size())
    return refuse("has shape " + formatShape(tensor.shape) + " but strides " +
                  formatShape(strides));
  elements = 1;
  bool rowMajor = true;
  for (size_t i = strides.size(); i-- != 0;) {
    auto extent = static_cast<uint64_t>(tensor.shape[i]);
    if (extent != 1 && static_cast<uint64_t>(strides[i]) != elements)
      rowMajor = false;
    // As in safetensors, also where a 0 follows.
    if (__builtin_mul_overflow(elements, extent, &elements))
      return refuse("has shape " + formatShape(tensor.shape) +
                    ", whose size is beyond 64 bits");
  }
  if (!rowMajor && elements != 0)
    return refuse("has shape " + formatShape(tensor.shape) + " and strides " +
                  formatShape(strides) +
                  "; only row-major tensors are read: save its .contiguous()");
  return true;
}

/// The storage ("storage", type, key, device, number of elements).
bool StateDictReader::findStorage(PickleId id, const StorageType *&type,
                                  ZipEntry &entry) {
  constexpr const char *unknown = "has no storage as torch.save writes it";
  auto *persistent = pickle.get<PicklePersistent>(id);
  auto *fields = persistent ? pickle.get<PickleTuple>(persistent->id) : nullptr;
  if (!fields || fields->items.size() != 5)
    return refuse(unknown);
  auto *kind = pickle.get<std::string_view>(fields->items[0]);
  auto *global = pickle.get<PickleGlobal>(fields->items[1]);
  auto *key = pickle.get<std::string_view>(fields->items[2]);
  auto *elements = pickle.get<int64_t>(fields->items[4]);
  if (!kind || *kind != "storage" || !global || !key || !elements ||
      *elements < 0 || key->size() > maxKeyBytes)
    return refuse(unknown);
  type = std::find_if(
      std::begin(storageTypes), std::end(storageTypes),
      [&](const StorageType &known) { return known.name == global->name; });
  if (type == std::end(storageTypes))
    return refuse(unknown);
  std::string name = prefix + "data/" + std::string(*key);
  auto found = entries.find(name);
  if (found == entries.end())
    return refuse("is in the entry " + printable(name) +
                  ", which is not there");
  entry = found->second;
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<uint64_t>(*elements), type->bytes,
                             &bytes) ||
      bytes != entry.bytes)
    return refuse("is in a storage of " + std::to_string(*elements) + " " +
                  std::string(type->element) + ", but the entry " +
                  printable(name) + " has " + std::to_string(entry.bytes) +
                  " bytes");
  return true;
}

/// Drops "module.", which training on several GPUs puts in front of all names.
static void dropModulePrefix(Checkpoint &checkpoint) {
  constexpr std::string_view prefix = "module.";
  auto &tensors = checkpoint.tensors;
  if (!std::all_of(tensors.begin(), tensors.end(), [&](const auto &tensor) {
        return tensor.first.starts_with(prefix);
      }))
    return;
  decltype(checkpoint.tensors) renamed;
  for (auto &[name, tensor] : tensors)
    renamed.emplace(name.substr(prefix.size()), std::move(tensor));
  tensors = std::move(renamed);
}

/// The pickle's folder in the zip file, with a slash; empty if there is no
/// pickle, or more than one.
static std::string findPrefix(const ZipDirectory &entries) {
  std::string prefix;
  for (const auto &[name, entry] : entries) {
    size_t slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash + 1) != "data.pkl")
      continue;
    if (!prefix.empty())
      return "";
    prefix = name.substr(0, slash + 1);
  }
  return prefix;
}

/// Whether the file has no entry `byteorder`, or one that says little.
static bool isLittleEndian(std::istream &stream, const ZipDirectory &entries,
                           const std::string &prefix, const std::string &file,
                           std::string &error) {
  std::string name = prefix + "byteorder";
  auto found = entries.find(name);
  if (found == entries.end())
    return true;
  auto order = readZipEntry(stream, found->second, 16, file, name, error);
  if (order && *order != "little") {
    error = file + ": its byteorder is " + printable(*order) +
            "; it must be little";
    return false;
  }
  return order.has_value();
}

/// What a file of PyTorch before 1.6 starts with: a pickle of a magic number.
static bool isOldFormat(std::string_view start) {
  return start.starts_with('\x80') &&
         start.substr(0, 32).find("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") !=
             std::string_view::npos;
}

bool isTorchCheckpoint(std::string_view start) {
  return isZip(start) || isOldFormat(start);
}

std::optional<Checkpoint> parseTorchCheckpoint(std::istream &stream,
                                               const std::string &file,
                                               std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = file + ": " + reason;
    return std::nullopt;
  };
  std::string start(32, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  if (isOldFormat(start))
    return refuse("is in the format from before PyTorch 1.6; save it again: "
                  "torch.save(torch.load(FILE, weights_only=True), FILE)");
  if (!isZip(start))
    return refuse("is not a file of torch.save: it does not start as a zip "
                  "file does");
  std::optional<ZipDirectory> entries = readZipDirectory(stream, file, error);
  if (!entries)
    return std::nullopt;
  std::string prefix = findPrefix(*entries);
  if (prefix.empty())
    return refuse("is not a file of torch.save: it must have one entry "
                  "FOLDER/data.pkl");
  if (!isLittleEndian(stream, *entries, prefix, file, error))
    return std::nullopt;

  std::string name = prefix + "data.pkl";
  std::optional<std::string> bytes = readZipEntry(
      stream, entries->at(name), kMaxPickleBytes, file, name, error);
  if (!bytes)
    return std::nullopt;
  std::vector<std::string_view> globals = acceptedGlobals();
  std::optional<Pickle> pickle = readPickle(*bytes, globals, file, error);
  if (!pickle)
    return std::nullopt;
  Checkpoint checkpoint{file, {}};
  StateDictReader reader(*pickle, *entries, prefix);
  if (!reader.read(checkpoint))
    return refuse(reader.problem);
  dropModulePrefix(checkpoint);
  return checkpoint;
}

std::optional<Checkpoint> readTorchCheckpoint(const std::filesystem::path &path,
                                              std::string &error) {
  std::string file = path.string();
  std::error_code status;
  if (std::filesystem::is_directory(path, status)) {
    error = file + ": is a folder";
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    error = file + ": cannot be opened: " + std::strerror(errno);
    return std::nullopt;
  }
  return parseTorchCheckpoint(stream, file, error);
}

} // namespace cvt
