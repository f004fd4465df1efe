//===- elf_check.h - What an artifact's ELF part may look like ------------===//
//
// The system's loader trusts the files it is given; this is the check before
// it.  It accepts what cvt-compile writes and hardly anything else: no imports,
// no code that runs while loading, every table inside its segment.
//
// Pure functions on bytes: nothing is loaded, mapped or executed.  Thread-safe.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_ELF_CHECK_H
#define CVT_RUNTIME_ELF_CHECK_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace cvt {

/// Why something was refused, as the rest of a sentence; nothing: accepted.
using Refusal = std::optional<std::string>;

struct ByteRange {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// Finds the descriptor of the artifact's note.  `file` starts with an ELF file
/// and may go on behind it.  On success `out` lies inside `file`.
Refusal findNote(std::span<const uint8_t> file, ByteRange &out);

/// Checks that the ELF file `code` is safe to hand to the system's loader.
Refusal checkElf(std::span<const uint8_t> code);

} // namespace cvt

#endif // CVT_RUNTIME_ELF_CHECK_H
