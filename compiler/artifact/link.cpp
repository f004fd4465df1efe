//===- link.cpp - Objects to a self-contained shared object ---------------===//
//
// lld reads and writes files, so a private directory holds its inputs and its
// output for the moment of the link.
//
//===----------------------------------------------------------------------===//

#include "compiler/artifact/link.h"

#include "compiler/artifact/lld.h"
#include "compiler/artifact/shim_object.h"
#include "runtime/include/cvt/abi.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace llvm;

namespace cvt::artifact {

namespace {
/// A file that lld reads, and what messages shall call it.
struct Input {
  std::string path;
  std::string name;
};

/// A directory that only this user can read, gone when this object is.
class PrivateDirectory {
public:
  Error create() {
    // Not createUniqueDirectory, which lets the user's group in.
    SmallString<128> folder;
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, folder);
    std::string name = (folder + "/cvt-link-XXXXXX").str();
    if (!::mkdtemp(name.data())) {
      std::error_code code = errnoAsErrorCode();
      return createStringError(code,
                               "cannot make a temporary directory for the "
                               "linker (set TMPDIR): %s",
                               code.message().c_str());
    }
    path = name;
    return Error::success();
  }

  ~PrivateDirectory() {
    if (!path.empty())
      (void)sys::fs::remove_directories(path);
  }

  std::string file(const Twine &name) const {
    SmallString<128> result(path);
    sys::path::append(result, name);
    return std::string(result);
  }

private:
  SmallString<128> path;
};
} // namespace

static Error writeFile(const std::string &path, StringRef bytes) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (!code) {
    stream << bytes;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  if (code)
    return createStringError(code, "cannot write %s for the linker: %s",
                             path.c_str(), code.message().c_str());
  return Error::success();
}

/// lld writes to a mapped file, where a full disk is no error but a SIGBUS: so
/// `path`, which does not stay, asks for as much before.
static Error checkRoom(const std::string &path, size_t bytes) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
  int error = errno;
  if (file >= 0)
    do
      error = ::posix_fallocate(file, 0, bytes);
    while (error == EINTR);
  if (file >= 0) {
    ::close(file);
    ::unlink(path.c_str());
  }
  if (error)
    return createStringError(
        std::error_code(error, std::generic_category()),
        "no room for %zu bytes at %s for the linker (set TMPDIR): %s", bytes,
        path.c_str(), std::strerror(error));
  return Error::success();
}

/// "a, b, c and 2 more".
static std::string listNames(ArrayRef<StringRef> names) {
  constexpr size_t shown = 5;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), shown); ++i)
    text += (i ? ", " : "") + names[i].str();
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

/// One sentence out of what lld printed.
static Error describeFailure(StringRef output, ArrayRef<Input> inputs) {
  constexpr StringRef errorMark = "error: ";
  constexpr StringRef undefinedMark = "undefined symbol: ";
  SmallVector<StringRef> lines, undefined;
  StringSet<> seen;
  StringRef first;
  output.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    size_t at = line.find(errorMark);
    if (at == StringRef::npos)
      continue;
    StringRef message = line.substr(at + errorMark.size()).trim();
    if (message.consume_front(undefinedMark)) {
      if (seen.insert(message).second)
        undefined.push_back(message);
    } else if (first.empty()) {
      first = message;
    }
  }
  if (!undefined.empty())
    return createStringError(
        "compiled code needs symbols that an artifact does not have: %s",
        listNames(undefined).c_str());
  std::string reason =
      first.empty() ? "the linker gave no reason" : first.str();
  for (const Input &input : inputs)
    if (size_t at = reason.find(input.path); at != std::string::npos)
      reason.replace(at, input.path.size(), input.name);
  return createStringError("cannot link the compiled code: %s", reason.c_str());
}

/// Objects with constructors and the like link, but a library that runs code
/// when it is loaded is no artifact.
static Error checkLoadsSilently(StringRef sharedObject) {
  auto file = object::ELF64LEFile::create(sharedObject);
  if (!file)
    return file.takeError();
  auto entries = file->dynamicEntries();
  if (!entries)
    return entries.takeError();
  for (const auto &entry : *entries)
    switch (entry.getTag()) {
    case ELF::DT_INIT:
    case ELF::DT_INIT_ARRAY:
    case ELF::DT_PREINIT_ARRAY:
    case ELF::DT_FINI:
    case ELF::DT_FINI_ARRAY:
    case ELF::DT_NEEDED:
    case ELF::DT_TEXTREL:
      return createStringError(
          "compiled code must not have a dynamic entry %s, which would run or "
          "load other code",
          file->getDynamicTagAsString(entry.getTag()).c_str());
    default:
      break;
    }
  return Error::success();
}

/// How the code of an artifact is linked.
static std::vector<std::string> sharedObjectFlags(StringRef versionScript) {
  return {"-shared", "--version-script=" + versionScript.str(),
          // Nothing comes from outside and nothing is replaceable from outside.
          "--no-undefined", "-Bsymbolic", "-z", "text",
          // The runtime's checks know this one form of hash table.
          "--hash-style=sysv",
          // Local names that Halide makes up differ from run to run.
          "--strip-all", "--gc-sections", "--build-id=none",
          // No page both writable and executable, at any time.
          "-z", "relro", "-z", "now", "-z", "separate-code", "-z",
          "noexecstack", "-z",
          "max-page-size=" + std::to_string(CVT_PAGE_BYTES)};
}

/// Runs lld on the files of `inputs`.
static Error runLinker(ArrayRef<Input> inputs, std::vector<std::string> flags,
                       StringRef output) {
  std::vector<std::string> args = {"-o", output.str(),
                                   "--color-diagnostics=never",
                                   "--error-limit=0", "--threads=1"};
  args.insert(args.end(), flags.begin(), flags.end());
  for (const Input &input : inputs)
    args.push_back(input.path);
  std::string messages;
  switch (runLld(args, messages)) {
  case LldResult::done:
    return Error::success();
  case LldResult::failed:
    return describeFailure(messages, inputs);
  case LldResult::crashedEarlier:
    break;
  }
  return createStringError("the linker crashed earlier in this process");
}

namespace {
/// Inputs and output of one link.
class Link {
public:
  Error create() { return directory.create(); }

  Error add(const Object &object) {
    inputBytes += object.bytes.size();
    inputs.push_back(
        {directory.file(Twine(inputs.size()) + ".o"), object.name});
    return writeFile(inputs.back().path, object.bytes);
  }

  /// A file beside the inputs.
  Expected<std::string> addFile(const Twine &name, StringRef bytes) {
    std::string path = directory.file(name);
    if (Error error = writeFile(path, bytes))
      return error;
    return path;
  }

  /// What the linker writes.
  Expected<std::string> run(std::vector<std::string> flags) {
    std::string output = directory.file("output");
    if (Error error = checkRoom(output, inputBytes + headersAndPadding))
      return error;
    if (Error error = runLinker(inputs, std::move(flags), output))
      return error;
    auto buffer = MemoryBuffer::getFile(output, /*IsText=*/false,
                                        /*RequiresNullTerminator=*/false);
    if (!buffer)
      return createStringError(buffer.getError(),
                               "cannot read what the linker wrote: %s",
                               buffer.getError().message().c_str());
    return std::string((*buffer)->getBuffer());
  }

private:
  /// What the output has beyond its inputs' sections: tables of sections and
  /// segments, and segments that start at pages.
  static constexpr size_t headersAndPadding = 16 * CVT_PAGE_BYTES;

  PrivateDirectory directory;
  std::vector<Input> inputs;
  size_t inputBytes = 0;
};
} // namespace

Expected<std::string> linkSharedObject(ArrayRef<Object> objects) {
  Link link;
  if (Error error = link.create())
    return error;
  for (const Object &object : objects)
    if (Error error = link.add(object))
      return error;
  if (Error error = link.add({"shim", getShimObject()}))
    return error;
  auto versionScript =
      link.addFile("exports", "{ global: " CVT_QUERY_SYMBOL "; local: *; };\n");
  if (!versionScript)
    return versionScript.takeError();
  auto code = link.run(sharedObjectFlags(*versionScript));
  if (!code)
    return code.takeError();
  if (Error error = checkLoadsSilently(*code))
    return error;
  return code;
}

Expected<std::string> linkRelocatable(ArrayRef<Object> objects) {
  Link link;
  if (Error error = link.create())
    return error;
  for (const Object &object : objects)
    if (Error error = link.add(object))
      return error;
  return link.run({"-r"});
}

} // namespace cvt::artifact
