//===- output_file.h - Files that are whole or not there ------------------===//

#ifndef CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H
#define CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <string>

namespace cvt {

/// Has `write` fill a file beside `path`, and renames it to `path` when all of
/// it is written: until then, and after any error, `path` is what it was.  The
/// file beside it is gone then, also when a signal ends the process.  A `path`
/// that exists and is no regular file is an error.
llvm::Error
writeOutputFile(const std::string &path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// Writes `text` to standard output, all of it or an error.
llvm::Error writeStandardOutput(llvm::StringRef text);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H
