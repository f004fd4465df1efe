//===- whole_file.cpp - Files that are whole or not there -----------------===//

#include "compiler/artifact/whole_file.h"

#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace cvt::artifact {

Error failedWrite(StringRef path, std::error_code code) {
  return createStringError(code, "cannot write %s: %s", path.str().c_str(),
                           code.message().c_str());
}

Error writeWholeFile(StringRef path, function_ref<Error(int fd)> write) {
  // Renaming over a device or a directory would replace or damage it.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && !sys::fs::is_regular_file(status))
    return createStringError("cannot write %s: it exists and is not a file",
                             path.str().c_str());

  // Removes itself when a signal ends the process.
  auto file = sys::fs::TempFile::create(path + ".tmp-%%%%%%");
  if (!file)
    return failedWrite(path, errorToErrorCode(file.takeError()));
  Error error = write(file->FD);
  if (!error)
    if (Error renamed = file->keep(path))
      error = failedWrite(path, errorToErrorCode(std::move(renamed)));
  // Also after a failed keep, which has then removed the file itself.
  consumeError(file->discard());
  return error;
}

} // namespace cvt::artifact
