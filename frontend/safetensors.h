//===- safetensors.h - The safetensors format, checked in full ------------===//
//
// Nothing in a header is believed before it is checked: its length, its JSON,
// and that the tensors cover the rest of the file exactly, without holes or
// overlaps.  Only headers are read.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_SAFETENSORS_H
#define CVT_FRONTEND_SAFETENSORS_H

#include "frontend/checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// Longest header that the format allows, in bytes.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

/// Whether a file that starts with these bytes (9 are enough) can only be a
/// safetensors file: a length below 4 GiB, and JSON.
bool isSafetensors(std::string_view start);

/// Checks the JSON header of a file of `fileBytes` bytes whose values start
/// right behind the 8 bytes of length and `header`.  `file` goes into the
/// tensors and into errors.
std::optional<Checkpoint> parseSafetensorsHeader(std::string_view header,
                                                 uint64_t fileBytes,
                                                 const std::string &file,
                                                 std::string &error);

/// Reads and checks the header of one file.
std::optional<Checkpoint> readSafetensors(const std::filesystem::path &path,
                                          std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_SAFETENSORS_H
