//===- whole_file.h - Files that are whole or not there -------------------===//

#ifndef CVT_COMPILER_ARTIFACT_WHOLE_FILE_H
#define CVT_COMPILER_ARTIFACT_WHOLE_FILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace cvt::artifact {

/// "cannot write `path`: " and what `code` means.
llvm::Error failedWrite(llvm::StringRef path, std::error_code code);

/// Has `write` fill the file `fd`, beside `path`, and renames it to `path` when
/// that has succeeded: until then, and after any error, `path` is what it was.
/// The file beside it is gone then, also when a signal ends the process.  A
/// `path` that exists and is no regular file is an error.
llvm::Error writeWholeFile(llvm::StringRef path,
                           llvm::function_ref<llvm::Error(int fd)> write);

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_WHOLE_FILE_H
