//===- generator_identity.h - What kernels depend on beside their spec ----===//

#ifndef CVT_COMPILER_DRIVER_GENERATOR_IDENTITY_H
#define CVT_COMPILER_DRIVER_GENERATOR_IDENTITY_H

#include "llvm/Support/Error.h"

#include <string>

namespace cvt {

/// Differs between any two processes whose kernels could differ: Halide's
/// version, the build ids of this program and of every library it has loaded
/// (ours holds the schedules, Halide's the code generator), and the variables
/// HL_* that Halide obeys.  One line of letters and digits.  Fails if a
/// library has no build id.
llvm::Expected<std::string> generatorIdentity();

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_GENERATOR_IDENTITY_H
