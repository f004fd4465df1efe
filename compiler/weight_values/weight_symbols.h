//===- weight_symbols.h - What a module says of a weight symbol -----------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHT_VALUES_WEIGHT_SYMBOLS_H
#define CVT_COMPILER_WEIGHT_VALUES_WEIGHT_SYMBOLS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>

namespace cvt {

/// An error that says `what` of the symbol.
llvm::Error symbolError(llvm::StringRef symbol, const llvm::Twine &what);

/// Of a symbol whose elements countElements does not count.
llvm::Error sizeError(llvm::StringRef symbol);

/// Of a `cvt.weight` or `cvt.prepare`.
mlir::RankedTensorType typeOf(mlir::Operation *symbol);

/// Elements of a type, if there are any and not too many.
std::optional<uint64_t> countElements(mlir::RankedTensorType type);

} // namespace cvt

#endif // CVT_COMPILER_WEIGHT_VALUES_WEIGHT_SYMBOLS_H
