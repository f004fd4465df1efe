//===- program.h - A planned module as object code and as an artifact -----===//

#ifndef CVT_COMPILER_DRIVER_PROGRAM_H
#define CVT_COMPILER_DRIVER_PROGRAM_H

#include "compiler/artifact/link.h"
#include "compiler/driver/manifest.h"
#include "compiler/kernels/compile_kernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace cvt {

/// The code of a model: the host program and its kernels.
struct Program {
  std::string host;
  std::vector<kernels::CompiledKernel> kernels;

  /// Views of the above, host first.
  std::vector<artifact::Object> objects() const;
  /// What one thread needs while the largest kernel runs.
  int64_t scratchBytesPerThread() const;
};

/// Links `program`, packs the weights of `planned`, a module after the memory
/// phase, and writes the artifact to `path`.  `folder`: where the files that
/// its weights name are.
llvm::Error writeProgram(const std::string &path, const Program &program,
                         mlir::ModuleOp planned, const std::string &folder,
                         const ModelFacts &facts);

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_PROGRAM_H
