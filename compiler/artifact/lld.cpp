//===- lld.cpp - LLVM's linker, in this process ---------------------------===//
//
// lld can compile LLVM IR for any CPU, and says so to the linker of this
// program: all backends would be in it, twice its size.  Here it links objects
// of one CPU, so what it calls to set up the other backends does nothing.
//
//===----------------------------------------------------------------------===//

#include "compiler/artifact/lld.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

#define ABSENT(name)                                                           \
  void LLVMInitialize##name##TargetInfo() {}                                   \
  void LLVMInitialize##name##Target() {}                                       \
  void LLVMInitialize##name##TargetMC() {}                                     \
  void LLVMInitialize##name##AsmPrinter() {}                                   \
  void LLVMInitialize##name##AsmParser() {}
extern "C" {
#include "absent_backends.inc"
}
#undef ABSENT

/// Optimizes loops of LLVM IR; in a package of its own, which nothing needs.
llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "absent", "", [](llvm::PassBuilder &) {}};
}

using namespace cvt::artifact;

LldResult cvt::artifact::runLld(llvm::ArrayRef<std::string> args,
                                std::string &messages) {
  llvm::SmallVector<const char *> pointers = {"ld.lld"};
  for (const std::string &arg : args)
    pointers.push_back(arg.c_str());

  // lld keeps global state, and one crash may leave it unusable.
  static std::mutex turn;
  static bool usable = true;
  std::lock_guard<std::mutex> lock(turn);
  if (!usable)
    return LldResult::crashedEarlier;
  llvm::raw_string_ostream stream(messages);
  lld::Result result =
      lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  usable = result.canRunAgain;
  return result.retCode == 0 ? LldResult::done : LldResult::failed;
}
