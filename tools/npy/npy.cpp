//===- npy.cpp - NumPy's files of float32 arrays --------------------------===//
//
// The header is a Python dictionary with three known keys, read by a parser
// for just that.
//
//===----------------------------------------------------------------------===//

#include "tools/npy/npy.h"

#include <bit>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <random>
#include <unistd.h>
#include <utility>

namespace cvt::npy {

static_assert(std::endian::native == std::endian::little);

static constexpr char magic[] = "\x93NUMPY";
static constexpr size_t magicBytes = 6;
/// NumPy itself refuses longer ones unless told otherwise.
static constexpr uint32_t maxHeaderBytes = 10000;
static constexpr size_t maxRank = 32;
static constexpr uint64_t maxElements = uint64_t(1) << 60;

std::string formatShape(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

namespace {
class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::string &path)
      : text(text), path(path) {}

  Header parse() {
    expect('{');
    while (!accept('}')) {
      parseEntry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (!text.empty() || !descr || !fortranOrder || !shape)
      malformed();
    if (*descr != "<f4")
      throw Error(path + ": holds elements of type '" + *descr +
                  "', expected '<f4' (float32)");
    if (*fortranOrder)
      throw Error(path + ": is in Fortran order, expected C order "
                         "(numpy.ascontiguousarray)");
    return {*shape, countElements()};
  }

private:
  [[noreturn]] void malformed() const {
    throw Error(path + ": the header of this .npy file is malformed");
  }

  void skipSpace() {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n'))
      text.remove_prefix(1);
  }

  bool accept(char c) {
    skipSpace();
    if (text.empty() || text[0] != c)
      return false;
    text.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c))
      malformed();
  }

  std::string parseString() {
    skipSpace();
    const char quote = text.empty() ? 0 : text[0];
    if (quote != '\'' && quote != '"')
      malformed();
    text.remove_prefix(1);
    const size_t end = text.find(quote);
    if (end == std::string_view::npos)
      malformed();
    std::string value(text.substr(0, end));
    for (char c : value)
      if (c < ' ' || c > '~' || c == '\\')
        malformed();
    text.remove_prefix(end + 1);
    return value;
  }

  bool parseBool() {
    skipSpace();
    for (auto [word, value] : {std::pair("True", true), {"False", false}})
      if (text.starts_with(word)) {
        text.remove_prefix(std::strlen(word));
        return value;
      }
    malformed();
  }

  int64_t parseExtent() {
    skipSpace();
    uint64_t value = 0;
    size_t digits = 0;
    for (; digits < text.size() && std::isdigit(text[digits] & 0x7f);
         ++digits) {
      value = value * 10 + (text[digits] - '0');
      if (value > maxElements)
        throw Error(path + ": its shape is too large");
    }
    if (digits == 0)
      malformed();
    text.remove_prefix(digits);
    return static_cast<int64_t>(value);
  }

  std::vector<int64_t> parseShape() {
    std::vector<int64_t> extents;
    expect('(');
    while (!accept(')')) {
      extents.push_back(parseExtent());
      if (extents.size() > maxRank)
        malformed();
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents;
  }

  void parseEntry() {
    const std::string key = parseString();
    expect(':');
    if (key == "descr" && !descr)
      descr = parseString();
    else if (key == "fortran_order" && !fortranOrder)
      fortranOrder = parseBool();
    else if (key == "shape" && !shape)
      shape = parseShape();
    else
      malformed();
  }

  uint64_t countElements() const {
    uint64_t elements = 1;
    for (int64_t extent : *shape) {
      if (extent != 0 && elements > maxElements / extent)
        throw Error(path + ": its shape is too large");
      elements *= extent;
    }
    return elements;
  }

  std::string_view text;
  const std::string &path;
  std::optional<std::string> descr;
  std::optional<bool> fortranOrder;
  std::optional<std::vector<int64_t>> shape;
};
} // namespace

Header parseHeader(std::string_view text, const std::string &path) {
  return HeaderParser(text, path).parse();
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

Reader::Reader(const std::string &path) : path(path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code))
    throw Error(path + ": " +
                (code ? "cannot open the file: " + code.message()
                      : "not a regular file"));
  stream.open(path, std::ios::binary);
  if (!stream)
    throw Error(path + ": cannot open the file: " + std::strerror(errno));

  unsigned char start[12] = {};
  stream.read(reinterpret_cast<char *>(start), 10);
  const int version = start[magicBytes];
  if (!stream || std::memcmp(start, magic, magicBytes) != 0 || version < 1 ||
      version > 3)
    throw Error(path + ": not an .npy file of version 1 to 3");
  uint32_t headerBytes = start[8] | start[9] << 8;
  if (version > 1) {
    stream.read(reinterpret_cast<char *>(start) + 10, 2);
    headerBytes |= start[10] << 16 | uint32_t(start[11]) << 24;
  }
  if (headerBytes > maxHeaderBytes)
    throw Error(path + ": the header of this .npy file is too long");
  std::string text(headerBytes, '\0');
  if (!stream.read(text.data(), headerBytes))
    throw Error(path + ": the header of this .npy file is cut off");
  header = parseHeader(text, path);

  const uint64_t expected =
      static_cast<uint64_t>(stream.tellg()) + header.elements * sizeof(float);
  const uint64_t size = std::filesystem::file_size(path, code);
  if (code || size != expected)
    throw Error(path + ": has " + std::to_string(size) + " bytes instead of " +
                std::to_string(expected) + ", which its shape " +
                formatShape(header.shape) + " needs");
}

void Reader::read(float *out, uint64_t count) {
  if (!stream.read(reinterpret_cast<char *>(out), count * sizeof(float)))
    throw Error(path + ": cannot read the file");
}

//===----------------------------------------------------------------------===//
// Writer
//===----------------------------------------------------------------------===//

Writer::Writer(std::string path, std::vector<int64_t> rowShape)
    : path(std::move(path)), rowShape(std::move(rowShape)), rowElements(1) {
  for (int64_t extent : this->rowShape)
    rowElements *= extent;
  createTemporary();
  const std::string header = makeHeader();
  stream.write(header.data(), header.size());
}

Writer::Writer(Writer &&other) noexcept
    : path(std::move(other.path)),
      temporary(std::exchange(other.temporary, {})),
      rowShape(std::move(other.rowShape)), rowElements(other.rowElements),
      rows(other.rows), stream(std::move(other.stream)) {}

Writer::~Writer() {
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

void Writer::createTemporary() {
  // Renaming over a device or a pipe would replace it.
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) &&
      !std::filesystem::is_regular_file(status))
    throw Error(path + ": cannot create the file: it exists and is not a file");
  const std::string name =
      path + ".tmp-" + std::to_string(std::random_device()());
  // Not a file or a link that somebody has put there.
  const int fd =
      ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    throw Error(path + ": cannot create the file: " + std::strerror(errno));
  ::close(fd);
  temporary = name;
  stream.open(temporary, std::ios::binary | std::ios::in | std::ios::out);
  if (!stream) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str()); // The destructor is not called.
    throw Error(path + ": cannot create the file: " + reason);
  }
}

/// The same length whatever the number of rows is.
std::string Writer::makeHeader() const {
  constexpr size_t maxDigits = 20, alignment = 64;
  std::vector<int64_t> shape = {rows};
  shape.insert(shape.end(), rowShape.begin(), rowShape.end());
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': " +
                     formatShape(shape) + ", }";
  const size_t start = magicBytes + 4;
  const size_t longest =
      start + text.size() - std::to_string(rows).size() + maxDigits + 1;
  const size_t total = (longest + alignment - 1) / alignment * alignment;
  text.resize(total - start - 1, ' ');
  text.push_back('\n');
  std::string header(magic, magicBytes);
  header += {'\1', '\0', static_cast<char>(text.size() & 0xff),
             static_cast<char>(text.size() >> 8)};
  return header + text;
}

void Writer::append(const float *values, uint64_t count) {
  stream.write(reinterpret_cast<const char *>(values),
               count * rowElements * sizeof(float));
  if (!stream)
    throw Error(path + ": cannot write the file: " + std::strerror(errno));
  rows += count;
}

void Writer::finish() {
  const std::string header = makeHeader();
  stream.seekp(0);
  stream.write(header.data(), header.size());
  stream.close();
  if (!stream || std::rename(temporary.c_str(), path.c_str()) != 0)
    throw Error(path + ": cannot write the file: " + std::strerror(errno));
  temporary.clear();
}

} // namespace cvt::npy
