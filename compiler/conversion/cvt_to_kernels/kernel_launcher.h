//===- kernel_launcher.h - Declares kernels, packs weights, launches ------===//
//
// What the lowering of every op needs: get the symbol of a kernel or of a
// packed weight, making it on first use, and launch.  Lives as long as one
// run of convert-cvt-to-kernels on a module.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_CONVERSION_KERNEL_LAUNCHER_H
#define CVT_COMPILER_CONVERSION_KERNEL_LAUNCHER_H

#include "compiler/kernels/kernel_spec.h"
#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace cvt {

class KernelLauncher {
public:
  explicit KernelLauncher(mlir::ModuleOp module);

  /// Launches the kernel of `spec` on `inputs` at the builder's insertion
  /// point; `types` are those of its outputs.  Returns the outputs, or failure
  /// after an error at `loc` when no kernel can be made of `spec`.
  mlir::FailureOr<mlir::SmallVector<mlir::Value>>
  launch(mlir::OpBuilder &builder, mlir::Location loc,
         const kernels::KernelSpec &spec, mlir::ValueRange inputs,
         mlir::TypeRange types);

  /// The weight as it is.
  mlir::Value weight(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::FlatSymbolRefAttr name);

  /// The weight in panels of `width` columns of `element`, as many inputs side
  /// by side as `target` multiplies; `step` is one of the packing steps.
  mlir::Value panels(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::FlatSymbolRefAttr name, int64_t width,
                     PrepareStep step, kernels::Element element,
                     kernels::CpuTarget target);

  /// The weight of a convolution with its rows of taps padded to a multiple of
  /// `multiple`; as it is if they are one already.
  mlir::FlatSymbolRefAttr paddedTaps(mlir::FlatSymbolRefAttr name,
                                     int64_t multiple);

  /// What `step`, row_scales or row_sums, gives for each row of a weight that
  /// is packed in panels of `width`, padded as they are.
  mlir::Value ofRows(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::FlatSymbolRefAttr name, int64_t width,
                     PrepareStep step);

  /// A depthwise weight with its taps outermost.
  mlir::Value taps(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::FlatSymbolRefAttr name);

  /// A bias padded to a multiple of `width`; as it is if it is one already.
  mlir::Value paddedBias(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::FlatSymbolRefAttr name, int64_t width);

  size_t kernelCount() const { return kernels.size(); }

private:
  mlir::RankedTensorType typeOf(mlir::FlatSymbolRefAttr name);
  /// The symbol made from `source` by `step`, called `source` + `suffix`.
  mlir::FlatSymbolRefAttr prepare(mlir::FlatSymbolRefAttr source,
                                  PrepareStep step, llvm::StringRef suffix,
                                  mlir::RankedTensorType type);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  llvm::StringMap<mlir::FlatSymbolRefAttr> prepared;
  llvm::StringMap<mlir::FlatSymbolRefAttr> kernels;
};

/// The element of an activation as kernels name it.
kernels::Element elementOf(mlir::Value tensor);

/// Launches copies where the token views that are left in `function` can not
/// be windows on other buffers; returns how many.  Afterwards
/// - both operands of prepend_class_token and every returned value are, through
///   reshapes, results of launches, each used so once;
/// - rows that a linear kernel reads or writes lie equally far apart.
mlir::FailureOr<int64_t> insertViewCopies(mlir::Operation *function,
                                          KernelLauncher &launcher,
                                          kernels::CpuTarget target);

} // namespace cvt

#endif // CVT_COMPILER_CONVERSION_KERNEL_LAUNCHER_H
