//===- shim_object.h - The compiled shim, as bytes ------------------------===//
//
// shim.c is compiled when the compiler is built; every link adds its object.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_ARTIFACT_SHIM_OBJECT_H
#define CVT_COMPILER_ARTIFACT_SHIM_OBJECT_H

#include "llvm/ADT/StringRef.h"

namespace cvt::artifact {

/// The relocatable object of shim.c.  Static.
llvm::StringRef getShimObject();

} // namespace cvt::artifact

#endif // CVT_COMPILER_ARTIFACT_SHIM_OBJECT_H
