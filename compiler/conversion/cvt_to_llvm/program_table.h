//===- program_table.h - The artifact's query function --------------------===//

#ifndef CVT_COMPILER_CONVERSION_PROGRAM_TABLE_H
#define CVT_COMPILER_CONVERSION_PROGRAM_TABLE_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"

namespace cvt {

/// Defines CVT_QUERY_SYMBOL at the end of `module`: a function that returns a
/// constant cvt_program whose table holds `forwards` in this order.
void buildProgramTable(mlir::ModuleOp module,
                       llvm::ArrayRef<mlir::LLVM::LLVMFuncOp> forwards);

} // namespace cvt

#endif // CVT_COMPILER_CONVERSION_PROGRAM_TABLE_H
