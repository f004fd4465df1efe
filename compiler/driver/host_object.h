//===- host_object.h - The host program as LLVM IR and as object code -----===//

#ifndef CVT_COMPILER_DRIVER_HOST_OBJECT_H
#define CVT_COMPILER_DRIVER_HOST_OBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace cvt {

/// The LLVM IR, as text, of a module in the LLVM dialect.
llvm::Expected<std::string> translateToLlvmIr(mlir::ModuleOp module);

/// A relocatable object of a module in the LLVM dialect, for any x86-64 CPU:
/// the host program only passes pointers on.
llvm::Expected<std::string> compileHostObject(mlir::ModuleOp module);

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_HOST_OBJECT_H
