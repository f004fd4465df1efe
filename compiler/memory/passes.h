//===- passes.h - Memory planning -----------------------------------------===//

#ifndef CVT_COMPILER_MEMORY_PASSES_H
#define CVT_COMPILER_MEMORY_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace cvt {

#define GEN_PASS_DECL
#include "compiler/memory/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/memory/Passes.h.inc"

} // namespace cvt

#endif // CVT_COMPILER_MEMORY_PASSES_H
