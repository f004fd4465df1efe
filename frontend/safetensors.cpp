//===- safetensors.cpp - The safetensors format, checked in full ----------===//
//
// The header goes through an event parser straight into the table: no tree of
// a hostile 100 MB header is built, and keys given twice are seen.
//
//===----------------------------------------------------------------------===//

#include "frontend/safetensors.h"

#include "frontend/json_reader.h"
#include "frontend/tf_variables.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

using nlohmann::json;

namespace cvt {

namespace {

struct TypeInfo {
  std::string_view name;
  uint64_t bits;
  ElementType type;
};

constexpr TypeInfo types[] = {
    {"BOOL", 8, ElementType::Other},    {"F4", 4, ElementType::Other},
    {"F6_E2M3", 6, ElementType::Other}, {"F6_E3M2", 6, ElementType::Other},
    {"U8", 8, ElementType::Other},      {"I8", 8, ElementType::Other},
    {"F8_E5M2", 8, ElementType::Other}, {"F8_E4M3", 8, ElementType::Other},
    {"F8_E8M0", 8, ElementType::Other}, {"I16", 16, ElementType::Other},
    {"U16", 16, ElementType::Other},    {"F16", 16, ElementType::F16},
    {"BF16", 16, ElementType::BF16},    {"I32", 32, ElementType::Other},
    {"U32", 32, ElementType::Other},    {"F32", 32, ElementType::F32},
    {"C64", 64, ElementType::Other},    {"F64", 64, ElementType::F64},
    {"I64", 64, ElementType::I64},      {"U64", 64, ElementType::Other},
};

/// One tensor as the header has it.
struct HeaderEntry {
  std::string name;
  std::optional<std::string> type;
  std::optional<std::vector<uint64_t>> shape;
  std::optional<std::vector<uint64_t>> offsets;
};

/// Receives the events of a header and accepts nothing but
///   {"__metadata__": {STRING: STRING, ...},
///    NAME: {"dtype": STRING, "shape": [N, ...], "data_offsets": [N, N]}, ...}
class HeaderEvents final : public nlohmann::json_sax<json> {
public:
  std::vector<HeaderEntry> entries;
  /// What is wrong, or empty.
  std::string problem;

  bool start_object(size_t) override {
    if (place == Place::Start)
      return enter(Place::Root);
    if (place != Place::Root)
      return refuse("holds an object where none may be");
    innerKeys.clear();
    if (rootKey == "__metadata__")
      return enter(Place::Metadata);
    entries.push_back({rootKey, {}, {}, {}});
    return enter(Place::Tensor);
  }

  bool end_object() override {
    return enter(place == Place::Root ? Place::End : Place::Root);
  }

  bool key(std::string &name) override {
    (place == Place::Root ? rootKey : innerKey) = name;
    std::set<std::string> &seen = place == Place::Root ? rootKeys : innerKeys;
    return seen.insert(name).second || refuse("is given twice");
  }

  bool start_array(size_t) override {
    if (place != Place::Tensor)
      return refuse("holds a list where none may be");
    if (innerKey == "shape")
      numbers = &entries.back().shape.emplace();
    else if (innerKey == "data_offsets")
      numbers = &entries.back().offsets.emplace();
    else
      return refuse("must not be a list");
    return enter(Place::Numbers);
  }

  bool end_array() override { return enter(Place::Tensor); }

  bool string(std::string &value) override {
    if (place == Place::Metadata)
      return true;
    if (place != Place::Tensor || innerKey != "dtype")
      return refuse("holds a string where none may be");
    entries.back().type = value;
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (place != Place::Numbers)
      return refuse("holds a number where none may be");
    numbers->push_back(value);
    return true;
  }

  bool number_integer(int64_t) override {
    return refuse("holds a negative number");
  }
  bool number_float(double, const std::string &) override {
    return refuse("holds a number that is not whole");
  }
  bool null() override { return refuse("holds null"); }
  bool boolean(bool) override { return refuse("holds true or false"); }
  bool binary(json::binary_t &) override { return refuse("holds bytes"); }

  bool parse_error(size_t position, const std::string &,
                   const json::exception &) override {
    rootKey.clear();
    innerKey.clear();
    return refuse("is not JSON: syntax error at byte " +
                  std::to_string(position));
  }

private:
  enum class Place { Start, Root, Metadata, Tensor, Numbers, End };

  bool enter(Place next) {
    if (next == Place::Root)
      innerKey.clear();
    place = next;
    return true;
  }

  bool refuse(const std::string &reason) {
    problem = "header";
    for (const std::string &name : {rootKey, innerKey})
      if (!name.empty())
        problem += ", " + printable(name);
    problem += ": " + reason;
    return false;
  }

  Place place = Place::Start;
  std::string rootKey;
  std::string innerKey;
  std::set<std::string> rootKeys;
  std::set<std::string> innerKeys;
  std::vector<uint64_t> *numbers = nullptr;
};

} // namespace

/// a * b into `product`; false if that needs more than 64 bits.
static bool multiply(uint64_t a, uint64_t b, uint64_t &product) {
  return !__builtin_mul_overflow(a, b, &product);
}

/// Checks one entry against the size of the value section and makes a table
/// entry of it.  Returns what is wrong, or empty.
static std::string checkEntry(const HeaderEntry &entry, uint64_t valuesOffset,
                              uint64_t valueBytes, CheckpointTensor &tensor) {
  if (!entry.type || !entry.shape || !entry.offsets)
    return "has no dtype, shape or data_offsets";
  const auto *type = std::find_if(
      std::begin(types), std::end(types),
      [&](const TypeInfo &info) { return info.name == *entry.type; });
  if (type == std::end(types))
    return "has the unknown dtype " + printable(*entry.type);
  if (entry.offsets->size() != 2)
    return "has " + std::to_string(entry.offsets->size()) +
           " data_offsets; it must have 2";
  uint64_t begin = (*entry.offsets)[0];
  uint64_t end = (*entry.offsets)[1];
  if (begin > end || end > valueBytes)
    return "has data_offsets " + std::to_string(begin) + " and " +
           std::to_string(end) + "; they must be in order and inside the " +
           std::to_string(valueBytes) + " bytes of values";

  uint64_t bits = type->bits;
  for (uint64_t extent : *entry.shape) {
    if (extent > INT64_MAX || !multiply(bits, extent, bits))
      return "has a shape whose size is beyond 64 bits";
    tensor.shape.push_back(static_cast<int64_t>(extent));
  }
  if (bits % 8 != 0 || bits / 8 != end - begin)
    return "has shape " + formatShape(tensor.shape) + " of " + *entry.type +
           " in " + std::to_string(end - begin) + " bytes; it needs " +
           std::to_string(bits / 8) + (bits % 8 ? " and a fraction" : "");
  tensor.type = type->type;
  tensor.typeName = *entry.type;
  tensor.offset = valuesOffset + begin;
  tensor.bytes = end - begin;
  return "";
}

/// Checks that the tensors cover the values once, without holes.  Returns what
/// is wrong, or empty.
static std::string checkCover(const Checkpoint &checkpoint,
                              uint64_t valuesOffset, uint64_t valueBytes) {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  ranges.reserve(checkpoint.tensors.size());
  for (const auto &[name, tensor] : checkpoint.tensors) {
    uint64_t begin = tensor.offset - valuesOffset;
    ranges.emplace_back(begin, begin + tensor.bytes);
  }
  std::sort(ranges.begin(), ranges.end());
  uint64_t covered = 0;
  for (auto [begin, end] : ranges) {
    if (begin != covered)
      return std::string("two tensors ") +
             (begin < covered ? "overlap" : "leave a hole") + " at byte " +
             std::to_string(std::min(begin, covered)) + " of the values";
    covered = end;
  }
  if (covered != valueBytes)
    return "the tensors end at byte " + std::to_string(covered) + " of the " +
           std::to_string(valueBytes) + " bytes of values";
  return "";
}

bool isSafetensors(std::string_view start) {
  constexpr std::string_view json("\0\0\0\0{", 5);
  return start.size() > sizeof(uint64_t) && start.substr(4).starts_with(json);
}

std::optional<Checkpoint> parseSafetensorsHeader(std::string_view header,
                                                 uint64_t fileBytes,
                                                 const std::string &file,
                                                 std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = file + ": " + reason;
    return std::nullopt;
  };
  uint64_t valuesOffset = sizeof(uint64_t) + header.size();
  if (valuesOffset > fileBytes)
    return refuse("its header ends behind the end of the file");
  if (!header.starts_with('{'))
    return refuse("its header does not start with {");
  // The parser would take it for the end of the header.
  if (header.find('\0') != std::string_view::npos)
    return refuse("its header holds a zero byte");
  HeaderEvents events;
  if (!json::sax_parse(header, &events))
    return refuse(events.problem);

  uint64_t valueBytes = fileBytes - valuesOffset;
  Checkpoint checkpoint{file, {}};
  for (const HeaderEntry &entry : events.entries) {
    CheckpointTensor tensor;
    tensor.file = file;
    std::string problem = checkEntry(entry, valuesOffset, valueBytes, tensor);
    if (!problem.empty())
      return refuse("tensor " + printable(entry.name) + " " + problem);
    std::string name = entry.name;
    if (isTfVariable(entry.name)) {
      turnKernel(entry.name, tensor);
      name = torchNameOf(entry.name);
    }
    if (!checkpoint.tensors.emplace(name, std::move(tensor)).second)
      return refuse("tensor " + printable(entry.name) +
                    " is a second variable for " + printable(name));
  }
  if (std::string problem = checkCover(checkpoint, valuesOffset, valueBytes);
      !problem.empty())
    return refuse(problem);
  return checkpoint;
}

std::optional<Checkpoint> readSafetensors(const std::filesystem::path &path,
                                          std::string &error) {
  auto refuse = [&](const std::string &reason) {
    error = path.string() + ": " + reason;
    return std::nullopt;
  };
  std::error_code status;
  uint64_t fileBytes = std::filesystem::file_size(path, status);
  if (status)
    return refuse(status.message());
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return refuse(std::string("cannot be opened: ") + std::strerror(errno));
  unsigned char lengthBytes[sizeof(uint64_t)];
  if (fileBytes < sizeof lengthBytes ||
      !stream.read(reinterpret_cast<char *>(lengthBytes), sizeof lengthBytes))
    return refuse("is too short for a safetensors file");
  uint64_t headerBytes = 0;
  for (size_t i = 0; i != sizeof lengthBytes; ++i)
    headerBytes |= static_cast<uint64_t>(lengthBytes[i]) << (8 * i);
  if (headerBytes > kMaxSafetensorsHeaderBytes)
    return refuse("its header has " + std::to_string(headerBytes) +
                  " bytes; the format allows " +
                  std::to_string(kMaxSafetensorsHeaderBytes));
  if (headerBytes > fileBytes - sizeof lengthBytes)
    return refuse("its header ends behind the end of the file");
  std::string header(headerBytes, '\0');
  if (!stream.read(header.data(), static_cast<std::streamsize>(headerBytes)))
    return refuse("its header cannot be read");
  return parseSafetensorsHeader(header, fileBytes, path.string(), error);
}

} // namespace cvt
