//===- note.h - The manifest's place in the shared object -----------------===//
//
// The note holds digests of the file it is part of.  So it is linked as zeros
// of the final size, and filled in when everything else of the file is known.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_ARTIFACT_NOTE_H
#define CVT_COMPILER_ARTIFACT_NOTE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace cvt::artifact {

/// A relocatable object with nothing but the note, whose descriptor is
/// `descriptorBytes` zeros (a multiple of 4, less than 4 GB).
std::string makeNoteObject(uint64_t descriptorBytes);

/// The offset in `sharedObject` of the descriptor of the note.
llvm::Expected<uint64_t> findNoteDescriptor(llvm::StringRef sharedObject);

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_NOTE_H
