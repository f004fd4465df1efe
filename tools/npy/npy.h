//===- npy.h - NumPy's files of float32 arrays ----------------------------===//
//
// Reads and writes .npy files of little-endian float32 in C order, row by row,
// so that an array may be larger than memory.  Files that are read come from
// anywhere: every field is checked before it is used.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_NPY_NPY_H
#define CVT_TOOLS_NPY_NPY_H

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cvt::npy {

/// Why a file cannot be read or written: one sentence that names it.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "(2, 3)", "(2,)".
std::string formatShape(const std::vector<int64_t> &shape);

/// What the text in front of the data says.
struct Header {
  std::vector<int64_t> shape; ///< extents are 0 or more
  uint64_t elements = 0;      ///< their product; times 4 it does not overflow
};

/// Parses `text`, a Python dictionary.  Throws Error, which starts with `path`.
Header parseHeader(std::string_view text, const std::string &path);

/// An open file, from its first element on.  Throws Error from all functions.
class Reader {
public:
  explicit Reader(const std::string &path);

  const std::vector<int64_t> &shape() const { return header.shape; }

  /// The next `count` elements, of which there are that many.
  void read(float *out, uint64_t count);

private:
  std::string path;
  std::ifstream stream;
  Header header;
};

/// A file that grows by rows.  It appears as `path` when it is finished; until
/// then, and for good if that never happens, nothing is at `path` that was not
/// there before.  A `path` that exists must be a regular file.  Throws Error
/// from all functions.
class Writer {
public:
  /// `rowShape`: all extents but the first.
  Writer(std::string path, std::vector<int64_t> rowShape);
  Writer(Writer &&other) noexcept;
  ~Writer();

  void append(const float *values, uint64_t rows);

  /// Completes the header and the file.
  void finish();

private:
  void createTemporary();
  std::string makeHeader() const;

  std::string path;
  std::string temporary; ///< empty once the file is finished
  std::vector<int64_t> rowShape;
  uint64_t rowElements;
  int64_t rows = 0;
  std::fstream stream;
};

} // namespace cvt::npy

#endif // CVT_TOOLS_NPY_NPY_H
