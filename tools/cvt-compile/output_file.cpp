//===- output_file.cpp - What cvt-compile writes as a stream --------------===//

#include "tools/cvt-compile/output_file.h"

#include "compiler/artifact/whole_file.h"

#include "llvm/Support/raw_ostream.h"

namespace cvt {

/// What `stream`, called `path`, could not write since the last call.
static llvm::Error flush(llvm::raw_fd_ostream &stream, llvm::StringRef path) {
  stream.flush();
  std::error_code error = stream.error();
  stream.clear_error();
  return error ? artifact::failedWrite(path, error) : llvm::Error::success();
}

llvm::Error
writeOutputFile(const std::string &path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write) {
  return artifact::writeWholeFile(path, [&](int fd) {
    llvm::raw_fd_ostream stream(fd, /*shouldClose=*/false);
    llvm::Error error = write(stream);
    llvm::Error unwritten = flush(stream, path);
    if (!error)
      return unwritten;
    llvm::consumeError(std::move(unwritten));
    return error;
  });
}

llvm::Error writeStandardOutput(llvm::StringRef text) {
  llvm::outs() << text;
  return flush(llvm::outs(), "standard output");
}

} // namespace cvt
