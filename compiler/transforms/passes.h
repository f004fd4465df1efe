//===- passes.h - From the paper's graph to the graph that runs -----------===//
//
// Passes from the cvt dialect to the cvt dialect.  Each is described, with what
// it takes, what it leaves and an example, in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_TRANSFORMS_PASSES_H
#define CVT_COMPILER_TRANSFORMS_PASSES_H

#include "dialect/CvtDialect.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace cvt {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/transforms/Passes.h.inc"

} // namespace cvt

#endif // CVT_COMPILER_TRANSFORMS_PASSES_H
