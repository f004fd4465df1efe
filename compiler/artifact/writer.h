//===- writer.h - Writes model.cvt ----------------------------------------===//
//
// Turns object code, a manifest and packed weights into one file of the layout
// that runtime/include/cvt/abi.h describes.  The same contents give the same
// bytes.  The file appears under its name only when it is complete.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_ARTIFACT_WRITER_H
#define CVT_COMPILER_ARTIFACT_WRITER_H

#include "compiler/artifact/link.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <cstdint>
#include <functional>

namespace cvt::artifact {

/// Takes the weights section piece by piece, from its first byte to its last.
/// Nothing but the current piece is kept in memory.  Not thread-safe.
class WeightsSink {
public:
  /// Appends `bytes`.  Fails when the disk is full or when more than
  /// ArtifactContents::weightsBytes bytes arrive.
  virtual llvm::Error append(llvm::ArrayRef<uint8_t> bytes) = 0;

  /// Appends zeros until offset() is `offset`, which must not be behind it.
  virtual llvm::Error padTo(uint64_t offset) = 0;

  /// Bytes of the weights section that were written so far.
  virtual uint64_t offset() const = 0;

protected:
  ~WeightsSink() = default;
};

struct ArtifactContents {
  /// Host function and kernels.  One of them defines CVT_QUERY_SYMBOL; the
  /// shim (Halide's runtime functions and memcpy and the like) is added here.
  /// Their order decides the order of the code.
  llvm::ArrayRef<Object> objects;

  /// The manifest without a key "sha256": digests live in the note's header.
  /// Keys and strings must be UTF-8.
  llvm::json::Object manifest;

  /// Exact size of the weights section; may be 0.
  uint64_t weightsBytes = 0;

  /// Called once, after the link succeeded; must produce exactly weightsBytes
  /// bytes.  Its error is returned as it is.  May be empty if weightsBytes is
  /// 0.
  std::function<llvm::Error(WeightsSink &)> writeWeights;
};

/// Writes the artifact to `path`: links, writes `path`.tmp-XXXXXX beside it,
/// syncs and renames.  On failure (and on SIGINT and the like) the temporary
/// file is removed, an older file at `path` is untouched, and the error is one
/// sentence that names the file or the symbols.  Links as linkSharedObject
/// does: calls take turns, and llvm::cl options are reset.
llvm::Error writeArtifact(llvm::StringRef path, ArtifactContents contents);

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_WRITER_H
