//===- tf_checkpoint.cpp - What TensorFlow's classes save -----------------===//
//
// A walk over all groups and datasets.
//
//===----------------------------------------------------------------------===//

#include "frontend/tf_checkpoint.h"

#include "frontend/json_reader.h"
#include "frontend/tf_variables.h"

#include <hdf5.h>

#include <array>
#include <mutex>
#include <set>
#include <utility>

namespace fs = std::filesystem;

namespace cvt {

namespace {

/// Limits that a hostile file meets before it takes much time or stack.
constexpr size_t maxLinks = 1 << 17;
constexpr size_t maxDepth = 64;
constexpr size_t maxPathBytes = 4096;

/// Owns an identifier of libhdf5's; it may be an invalid one.
class Handle {
public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id(id), close(close) {}
  ~Handle() {
    if (id >= 0)
      close(id);
  }
  Handle(const Handle &) = delete;
  Handle &operator=(const Handle &) = delete;

  bool isValid() const { return id >= 0; }
  operator hid_t() const { return id; }

private:
  hid_t id;
  herr_t (*close)(hid_t);
};

/// Keeps libhdf5 from printing its errors.
class QuietErrors {
public:
  QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &print, &data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, print, data); }
  QuietErrors(const QuietErrors &) = delete;
  QuietErrors &operator=(const QuietErrors &) = delete;

private:
  H5E_auto2_t print = nullptr;
  void *data = nullptr;
};

/// What a number in the file can be.
struct NumberType {
  const char *name;
  ElementType type;
  uint64_t bytes;
};

/// Makes a table of the datasets in a file.
class TfReader {
public:
  TfReader(uint64_t fileBytes, Checkpoint &checkpoint)
      : fileBytes(fileBytes), checkpoint(checkpoint) {}

  /// Adds all datasets.  False if `problem` says what is wrong.
  bool read(hid_t file) { return readGroup(file); }

  std::string problem;

private:
  bool refuse(const std::string &reason) {
    if (problem.empty())
      problem = reason;
    return false;
  }
  bool refuseHere(const std::string &reason) {
    return refuse(printable(path) + " " + reason);
  }

  static herr_t visit(hid_t group, const char *name, const H5L_info_t *link,
                      void *reader);
  bool readLink(hid_t group, const char *name, const H5L_info_t &link);
  bool readGroup(hid_t group);
  bool readDataset(hid_t dataset);
  bool readShape(hid_t dataset, CheckpointTensor &tensor, uint64_t &elements);
  bool readPlace(hid_t dataset, CheckpointTensor &tensor);

  uint64_t fileBytes;
  Checkpoint &checkpoint;
  /// Addresses of the groups that were read.
  std::set<haddr_t> groups;
  size_t links = 0;
  size_t depth = 0;
  /// Of the link that is being read; no slash in front.
  std::string path;
};

} // namespace

/// What libhdf5 says of its last failure, where it arose.
static std::string lastError() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t *error, void *text) -> herr_t {
        if (depth == 0 && error->desc)
          *static_cast<std::string *>(text) = error->desc;
        return 0;
      },
      &text);
  return text.empty() ? "unknown error" : printable(text);
}

/// IEEE's 16 bits, which libhdf5 1.10 has no name for.
static hid_t halfType() {
  hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  return half;
}

static NumberType numberTypeOf(hid_t dataset) {
  Handle type(H5Dget_type(dataset), H5Tclose);
  Handle half(halfType(), H5Tclose);
  for (auto [known, number] :
       {std::pair(hid_t(H5T_IEEE_F32LE),
                  NumberType{"F32", ElementType::F32, 4}),
        {hid_t(half), {"F16", ElementType::F16, 2}},
        {hid_t(H5T_IEEE_F64LE), {"F64", ElementType::F64, 8}}})
    if (type.isValid() && H5Tequal(type, known) > 0)
      return number;
  uint64_t bytes = type.isValid() ? H5Tget_size(type) : 0;
  return {"of another kind", ElementType::Other, bytes};
}

herr_t TfReader::visit(hid_t group, const char *name, const H5L_info_t *link,
                       void *reader) {
  return static_cast<TfReader *>(reader)->readLink(group, name, *link) ? 0 : -1;
}

bool TfReader::readLink(hid_t group, const char *name, const H5L_info_t &link) {
  if (++links > maxLinks)
    return refuse("has more than " + std::to_string(maxLinks) +
                  " groups and datasets");
  size_t parent = path.size();
  path += (parent ? "/" : "") + std::string(name);
  if (path.size() > maxPathBytes)
    return refuseHere("has too long a path");
  if (link.type != H5L_TYPE_HARD)
    return refuseHere("is a link to a place elsewhere; only groups and "
                      "datasets of the file itself are read");
  Handle object(H5Oopen(group, name, H5P_DEFAULT), H5Oclose);
  if (!object.isValid())
    return refuseHere("cannot be opened: " + lastError());
  H5I_type_t kind = H5Iget_type(object);
  // What else there is, types with a name, is no weight.
  bool isRead = kind == H5I_GROUP     ? readGroup(object)
                : kind == H5I_DATASET ? readDataset(object)
                                      : true;
  path.resize(parent);
  return isRead;
}

bool TfReader::readGroup(hid_t group) {
  H5O_info_t info;
  if (H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0)
    return refuseHere("cannot be read: " + lastError());
  // This is also what ends loops.
  if (!groups.insert(info.addr).second)
    return refuseHere("is a group that has another name as well; groups must "
                      "form a tree");
  if (++depth > maxDepth)
    return refuseHere("is more than " + std::to_string(maxDepth) +
                      " groups deep");
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, this) <
      0)
    return refuseHere("cannot be read: " + lastError());
  --depth;
  return true;
}

bool TfReader::readShape(hid_t dataset, CheckpointTensor &tensor,
                         uint64_t &elements) {
  Handle space(H5Dget_space(dataset), H5Sclose);
  std::array<hsize_t, H5S_MAX_RANK> extents;
  int rank = space.isValid() ? H5Sget_simple_extent_ndims(space) : -1;
  if (rank < 0 || rank > H5S_MAX_RANK ||
      H5Sget_simple_extent_type(space) == H5S_NULL ||
      H5Sget_simple_extent_dims(space, extents.data(), nullptr) != rank)
    return refuseHere("has no shape");
  elements = 1;
  for (int i = 0; i != rank; ++i) {
    if (extents[i] > INT64_MAX ||
        __builtin_mul_overflow(elements, extents[i], &elements))
      return refuseHere("has a shape whose size is beyond 64 bits");
    tensor.shape.push_back(static_cast<int64_t>(extents[i]));
  }
  return true;
}

/// Finds the values of `tensor.bytes` bytes.
bool TfReader::readPlace(hid_t dataset, CheckpointTensor &tensor) {
  Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (!creation.isValid())
    return refuseHere("cannot be read: " + lastError());
  if (H5Pget_external_count(creation) != 0)
    return refuseHere("has its values in another file; they must be in this "
                      "one");
  if (H5Pget_layout(creation) != H5D_CONTIGUOUS ||
      H5Pget_nfilters(creation) != 0)
    return refuseHere("is in chunks or compressed; values must be in one "
                      "piece, as Keras saves them");
  if (tensor.bytes == 0)
    return true;
  haddr_t offset = H5Dget_offset(dataset);
  if (offset == HADDR_UNDEF)
    return refuseHere("has no values");
  if (offset > fileBytes || tensor.bytes > fileBytes - offset)
    return refuseHere("has " + std::to_string(tensor.bytes) +
                      " bytes of values at byte " + std::to_string(offset) +
                      ", behind the end of the file");
  tensor.offset = offset;
  return true;
}

bool TfReader::readDataset(hid_t dataset) {
  CheckpointTensor tensor;
  tensor.file = checkpoint.name;
  NumberType type = numberTypeOf(dataset);
  tensor.type = type.type;
  tensor.typeName = type.name;
  uint64_t elements = 0;
  if (!readShape(dataset, tensor, elements))
    return false;
  if (__builtin_mul_overflow(elements, type.bytes, &tensor.bytes))
    return refuseHere("has a shape whose size is beyond 64 bits");
  if (!readPlace(dataset, tensor))
    return false;
  turnKernel(path, tensor);
  std::string name = torchNameOf(path);
  if (!checkpoint.tensors.emplace(name, std::move(tensor)).second)
    return refuseHere("is a second variable for " + printable(name));
  return true;
}

bool isHdf5(std::string_view start) {
  return start.starts_with("\x89HDF\r\n\x1a\n");
}

std::optional<Checkpoint> readTfCheckpoint(const fs::path &path,
                                           std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = path.string() + ": " + reason;
    return std::nullopt;
  };
  std::error_code status;
  uint64_t fileBytes = fs::file_size(path, status);
  if (status)
    return refuse(status.message());

  // Debian's libhdf5 is not made for threads.
  static std::mutex mutex;
  std::lock_guard<std::mutex> turn(mutex);
  // When the process ends libhdf5 would print that damaged files keep it from
  // cleaning up; we have nothing to write that would be lost.
  static const herr_t noCleanUp = H5dont_atexit();
  (void)noCleanUp;
  QuietErrors quiet;
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // A plain file, which needs no lock to be read.
  if (H5Pset_fapl_sec2(access) < 0 ||
      H5Pset_file_locking(access, false, true) < 0)
    return refuse("cannot be opened: " + lastError());
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (!file.isValid())
    return refuse("is not a whole HDF5 file: " + lastError());
  Checkpoint checkpoint{path.string(), {}};
  TfReader reader(fileBytes, checkpoint);
  if (!reader.read(file))
    return refuse(reader.problem);
  return checkpoint;
}

} // namespace cvt
