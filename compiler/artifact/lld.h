//===- lld.h - LLVM's linker, in this process -----------------------------===//

#ifndef CVT_COMPILER_ARTIFACT_LLD_H
#define CVT_COMPILER_ARTIFACT_LLD_H

#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace cvt::artifact {

enum class LldResult { done, failed, crashedEarlier };

/// Runs lld as `ld.lld` with `args`; `messages` is what it prints.  The objects
/// hold code for x86-64, not LLVM IR.  From any thread, one call at a time
/// runs.
LldResult runLld(llvm::ArrayRef<std::string> args, std::string &messages);

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_LLD_H
