//===- output_file.h - What cvt-compile writes as a stream ----------------===//

#ifndef CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H
#define CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <string>

namespace cvt {

/// artifact::writeWholeFile by a stream, which `write` need not check.
llvm::Error
writeOutputFile(const std::string &path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// Writes `text` to standard output, all of it or an error.
llvm::Error writeStandardOutput(llvm::StringRef text);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_OUTPUT_FILE_H
