//===- output_file.cpp - Files that are whole or not there ----------------===//

#include "tools/cvt-compile/output_file.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

namespace fs = llvm::sys::fs;

namespace cvt {

static llvm::Error failedWrite(const std::string &path,
                               const std::string &reason) {
  return llvm::createStringError("cannot write " + path + ": " + reason);
}

/// What `stream`, called `path`, could not write since the last call.
static llvm::Error flush(llvm::raw_fd_ostream &stream,
                         const std::string &path) {
  stream.flush();
  std::error_code error = stream.error();
  stream.clear_error();
  return error ? failedWrite(path, error.message()) : llvm::Error::success();
}

llvm::Error
writeOutputFile(const std::string &path,
                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write) {
  // Renaming over a device or a directory would replace or damage it.
  fs::file_status status;
  if (!fs::status(path, status) && !fs::is_regular_file(status))
    return failedWrite(path, "it exists and is not a file");
  auto file = fs::TempFile::create(path + ".tmp-%%%%%%");
  if (!file)
    return failedWrite(path, llvm::toString(file.takeError()));
  llvm::raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  llvm::Error error = write(stream);
  llvm::Error unwritten = flush(stream, path);
  if (error)
    llvm::consumeError(std::move(unwritten));
  else
    error = std::move(unwritten);
  if (!error)
    if (llvm::Error renamed = file->keep(path))
      error = failedWrite(path, llvm::toString(std::move(renamed)));
  // Also after a failed keep, which has then removed the file itself.
  llvm::consumeError(file->discard());
  return error;
}

llvm::Error writeStandardOutput(llvm::StringRef text) {
  llvm::outs() << text;
  return flush(llvm::outs(), "standard output");
}

} // namespace cvt
