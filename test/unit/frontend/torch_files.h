//===- torch_files.h - Files of torch.save, made of parts -----------------===//
//
// Pickles and zip files whose every part a test can get wrong.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_FRONTEND_TORCH_FILES_H
#define CVT_TEST_UNIT_FRONTEND_TORCH_FILES_H

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cvt::test {

/// The lowest `count` bytes of a number, lowest first.
inline std::string littleEndian(uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i != count; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

inline std::string repeat(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i != count; ++i)
    result += text;
  return result;
}

//===----------------------------------------------------------------------===//
// Instructions of pickles.  Each function returns those that push one value.
//===----------------------------------------------------------------------===//

namespace pickled {

using Parts = std::initializer_list<std::string>;
using Items = std::initializer_list<std::pair<std::string, std::string>>;

inline std::string join(Parts parts) {
  std::string all;
  for (const std::string &part : parts)
    all += part;
  return all;
}

/// The name "module.name" with the last dot as the border.
inline std::string global(const std::string &name) {
  size_t dot = name.rfind('.');
  return "c" + name.substr(0, dot) + "\n" + name.substr(dot + 1) + "\n";
}

inline std::string text(std::string_view value) {
  return "X" + littleEndian(value.size(), 4) + std::string(value);
}

/// 8 bytes of two's complement.
inline std::string number(int64_t value) {
  return "\x8a\x08" + littleEndian(static_cast<uint64_t>(value), 8);
}

inline std::string tuple(Parts items) { return "(" + join(items) + "t"; }
inline std::string list(Parts items) { return "](" + join(items) + "e"; }

inline std::string dict(Items items) {
  std::string all = "}(";
  for (const auto &[key, value] : items)
    all += key + value;
  return all + "u";
}

inline std::string call(const std::string &function, Parts arguments) {
  return global(function) + tuple(arguments) + "R";
}

inline std::string extents(const std::vector<int64_t> &values) {
  std::string all = "(";
  for (int64_t value : values)
    all += number(value);
  return all + "t";
}

/// A storage of `elements` numbers in the entry "data/KEY".
inline std::string storage(int64_t elements, const std::string &key = "0",
                           const std::string &type = "torch.FloatStorage") {
  return tuple({text("storage"), global(type), text(key), text("cpu"),
                number(elements)}) +
         "Q";
}

/// A tensor, as torch.save writes it.
inline std::string tensor(const std::string &storage, int64_t offset,
                          const std::vector<int64_t> &shape,
                          const std::vector<int64_t> &strides) {
  return call("torch._utils._rebuild_tensor_v2",
              {storage, number(offset), extents(shape), extents(strides),
               "\x89", call("collections.OrderedDict", {})});
}

/// A whole pickle of one value.
inline std::string whole(const std::string &value) {
  return "\x80\x02" + value + ".";
}

} // namespace pickled

//===----------------------------------------------------------------------===//
// Zip files
//===----------------------------------------------------------------------===//

struct ZipPart {
  std::string name;
  std::string content;
  /// 0: stored as it is.
  uint16_t method = 0;
  uint16_t flags = 0;
};

/// The header in front of an entry's content.
inline std::string zipLocalHeader(const ZipPart &part) {
  return "PK\3\4" + littleEndian(20, 2) + littleEndian(part.flags, 2) +
         littleEndian(part.method, 2) + littleEndian(0, 8) +
         littleEndian(part.content.size(), 4) +
         littleEndian(part.content.size(), 4) +
         littleEndian(part.name.size(), 2) + littleEndian(0, 2) + part.name;
}

/// An entry of the directory.  `extra` is its extra field.
inline std::string zipCentralHeader(const ZipPart &part, uint64_t bytes,
                                    uint64_t storedBytes, uint64_t offset,
                                    const std::string &extra = "") {
  return "PK\1\2" + littleEndian(20, 2) + littleEndian(20, 2) +
         littleEndian(part.flags, 2) + littleEndian(part.method, 2) +
         littleEndian(0, 8) + littleEndian(storedBytes, 4) +
         littleEndian(bytes, 4) + littleEndian(part.name.size(), 2) +
         littleEndian(extra.size(), 2) + littleEndian(0, 2) +
         littleEndian(0, 2) + littleEndian(0, 6) + littleEndian(offset, 4) +
         part.name + extra;
}

inline std::string zipEnd(uint64_t entries, uint64_t bytes, uint64_t offset) {
  return "PK\5\6" + littleEndian(0, 4) + littleEndian(entries, 2) +
         littleEndian(entries, 2) + littleEndian(bytes, 4) +
         littleEndian(offset, 4) + littleEndian(0, 2);
}

inline std::string zipFile(const std::vector<ZipPart> &parts) {
  std::string file, directory;
  for (const ZipPart &part : parts) {
    uint64_t bytes = part.content.size();
    directory += zipCentralHeader(part, bytes, bytes, file.size());
    file += zipLocalHeader(part) + part.content;
  }
  return file + directory + zipEnd(parts.size(), directory.size(), file.size());
}

/// What torch.save writes: a pickle of that value, and the entry "data/0" of
/// that many bytes.
inline std::string torchFile(const std::string &value, size_t storageBytes) {
  return zipFile({{"m/data.pkl", pickled::whole(value)},
                  {"m/data/0", std::string(storageBytes, '\1')}});
}

} // namespace cvt::test

#endif // CVT_TEST_UNIT_FRONTEND_TORCH_FILES_H
