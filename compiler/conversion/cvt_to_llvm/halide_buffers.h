//===- halide_buffers.h - Views as halide_buffer_t on the stack -----------===//

#ifndef CVT_COMPILER_CONVERSION_HALIDE_BUFFERS_H
#define CVT_COMPILER_CONVERSION_HALIDE_BUFFERS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace cvt {

/// Emits the code that describes a view to a kernel.  Views of one type share
/// one function that fills a slot, which keeps the host program small.
class HalideBuffers {
public:
  explicit HalideBuffers(mlir::ModuleOp module) : module(module) {}

  /// Bytes of a slot: a halide_buffer_t and the dimensions it points to.
  static constexpr int64_t kSlotBytes = 128;
  static constexpr int64_t kMaxRank = 4;

  /// Whether `fill` takes `type`: f32, bf16, si8 or ui8, at most kMaxRank
  /// dimensions, extents and strides of 32 bits.
  static bool canDescribe(mlir::MemRefType type);

  /// Makes the slot at `slot` (aligned to 8 bytes) describe the memory at
  /// `host` as `type`, whose dynamic outermost extent, if it has one, is the
  /// i32 `extent`.
  void fill(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value slot,
            mlir::MemRefType type, mlir::Value host, mlir::Value extent);

private:
  mlir::LLVM::LLVMFuncOp fillerFor(mlir::MemRefType type);

  mlir::ModuleOp module;
  llvm::DenseMap<mlir::Type, mlir::LLVM::LLVMFuncOp> fillers;
};

} // namespace cvt

#endif // CVT_COMPILER_CONVERSION_HALIDE_BUFFERS_H
