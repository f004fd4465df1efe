//===- mapped_file.h - Files mapped for reading ---------------------------===//
//
// Weights stay in the page cache until they are packed: a file is mapped, and
// every access says which bytes it wants and is checked.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHTS_MAPPED_FILE_H
#define CVT_COMPILER_WEIGHTS_MAPPED_FILE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace cvt::weights {

/// Owns a read-only mapping.  Immutable: threads may share it.  A file that
/// is truncated while it is mapped raises SIGBUS when it is read.
class MappedFile {
public:
  /// Maps a regular file (an empty one too).  Returns nothing and sets `error`
  /// to one sentence that names the file.
  static std::optional<MappedFile> open(const std::string &path,
                                        std::string &error);

  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  uint64_t size() const { return length; }
  const std::string &path() const { return name; }

  /// The bytes [offset, offset + count), valid as long as the mapping, or
  /// nothing if they are not all inside the file.
  std::optional<std::span<const std::byte>> bytes(uint64_t offset,
                                                  uint64_t count) const;

  /// Lets go of the memory of all pages that the range touches.  Their bytes
  /// can still be read, by any thread: they come from the file again.
  void release(uint64_t offset, uint64_t count) const;

private:
  MappedFile(std::string name, const std::byte *data, uint64_t length)
      : name(std::move(name)), data(data), length(length) {}

  std::string name;
  const std::byte *data;
  uint64_t length;
};

} // namespace cvt::weights

#endif // CVT_COMPILER_WEIGHTS_MAPPED_FILE_H
