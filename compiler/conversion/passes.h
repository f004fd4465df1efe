//===- passes.h - Passes that cross a boundary between levels -------------===//

#ifndef CVT_COMPILER_CONVERSION_PASSES_H
#define CVT_COMPILER_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>
#include <string>

namespace cvt {

#define GEN_PASS_DECL
#include "compiler/conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/conversion/Passes.h.inc"

} // namespace cvt

#endif // CVT_COMPILER_CONVERSION_PASSES_H
