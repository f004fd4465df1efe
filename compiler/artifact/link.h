//===- link.h - Objects to a self-contained shared object -----------------===//
//
// Runs lld inside this process.  What comes out depends on nothing, exports
// CVT_QUERY_SYMBOL and nothing else, and runs no code when it is loaded.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_ARTIFACT_LINK_H
#define CVT_COMPILER_ARTIFACT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace cvt::artifact {

/// A relocatable x86-64 ELF object in memory.
struct Object {
  std::string name;      ///< for messages: the kernel, "program", ...
  llvm::StringRef bytes; ///< not owned
};

/// Links `objects` and the shim.  Fails with one sentence that names the
/// undefined symbols, constructors or whatever else an artifact must not have.
/// Thread-safe; calls take turns.  lld resets all of the process's llvm::cl
/// options to their defaults: copy their values before.
llvm::Expected<std::string> linkSharedObject(llvm::ArrayRef<Object> objects);

/// Joins `objects` into one relocatable object, without the shim.  As above.
llvm::Expected<std::string> linkRelocatable(llvm::ArrayRef<Object> objects);

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_LINK_H
