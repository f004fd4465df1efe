//===- generator_identity.cpp - What kernels depend on beside their spec --===//

#include "compiler/driver/generator_identity.h"

#include "compiler/kernels/compile_kernel.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"

#include <cstring>
#include <vector>

#include <link.h>
#include <unistd.h>

using namespace cvt;

/// The build id among the notes `bytes`, or nothing.
static llvm::StringRef findBuildId(llvm::StringRef bytes) {
  const llvm::StringRef gnu("GNU", 4); // with its end
  ElfW(Nhdr) note;
  while (bytes.size() >= sizeof note) {
    std::memcpy(&note, bytes.data(), sizeof note);
    bytes = bytes.drop_front(sizeof note);
    llvm::StringRef name = bytes.take_front(note.n_namesz);
    bytes = bytes.drop_front(
        std::min<size_t>(bytes.size(), llvm::alignTo(note.n_namesz, 4)));
    if (note.n_type == NT_GNU_BUILD_ID && name == gnu)
      return bytes.take_front(note.n_descsz);
    bytes = bytes.drop_front(
        std::min<size_t>(bytes.size(), llvm::alignTo(note.n_descsz, 4)));
  }
  return "";
}

static llvm::StringRef findBuildId(const dl_phdr_info &info) {
  for (const ElfW(Phdr) &header :
       llvm::ArrayRef(info.dlpi_phdr, info.dlpi_phnum)) {
    if (header.p_type != PT_NOTE)
      continue;
    llvm::StringRef notes(
        reinterpret_cast<const char *>(info.dlpi_addr + header.p_vaddr),
        header.p_memsz);
    if (llvm::StringRef id = findBuildId(notes); !id.empty())
      return id;
  }
  return "";
}

namespace {
struct BuildIds {
  llvm::SHA256 hash;
  std::string withoutId; ///< the first library that has none
};
} // namespace

static int addBuildId(dl_phdr_info *info, size_t, void *data) {
  auto &ids = *static_cast<BuildIds *>(data);
  llvm::StringRef path(info->dlpi_name);
  // The kernel's own; it computes nothing.
  if (path.starts_with("linux-vdso"))
    return 0;
  llvm::StringRef id = findBuildId(*info);
  if (id.empty() && ids.withoutId.empty())
    ids.withoutId = path.empty() ? "this program" : path.str();
  ids.hash.update(id);
  return 0;
}

/// Halide's settings, "HL_TARGET=host" and the like, in one order.
static std::vector<std::string> halideVariables() {
  std::vector<std::string> variables;
  for (char **variable = environ; *variable; ++variable)
    if (llvm::StringRef(*variable).starts_with("HL_"))
      variables.push_back(*variable);
  llvm::sort(variables);
  return variables;
}

llvm::Expected<std::string> cvt::generatorIdentity() {
  BuildIds ids;
  dl_iterate_phdr(addBuildId, &ids);
  if (!ids.withoutId.empty())
    return llvm::createStringError(ids.withoutId +
                                   " has no build id to know its kernels by");
  for (const std::string &variable : halideVariables())
    ids.hash.update(llvm::StringRef(variable.c_str(), variable.size() + 1));
  return "halide" + kernels::halideVersion() + "_" +
         llvm::toHex(ids.hash.final(), /*LowerCase=*/true);
}
