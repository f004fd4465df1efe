//===- CvtDialect.h - The cvt dialect -------------------------------------===//

#ifndef CVT_DIALECT_CVTDIALECT_H
#define CVT_DIALECT_CVTDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/CvtDialect.h.inc"
#include "dialect/CvtEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/CvtAttrs.h.inc"

namespace cvt {

/// Whether `type` has `rank` extents of which only the outermost is dynamic.
bool isBatchedTensor(mlir::Type type, int64_t rank);

/// Whether two lists of tensors have the same shapes, of whatever elements.
bool haveEqualShapes(mlir::TypeRange a, mlir::TypeRange b);

/// Whether `type` is tensor<?x1xC> or tensor<1x1xC> of f32 or bf16.
bool isClassToken(mlir::Type type);

/// Elements along one axis after a convolution, or nullopt if the padded axis
/// is shorter than the kernel or an argument is out of range.
std::optional<int64_t> convolvedExtent(int64_t extent, int64_t kernel,
                                       int64_t stride, int64_t padding);

/// Elements along one axis after pooling that rounds up, as PyTorch's
/// AvgPool2d(ceil_mode=True): a kernel may be longer than the padded axis, by
/// less than the stride.  nullopt where there is no window.
std::optional<int64_t> pooledExtent(int64_t extent, int64_t kernel,
                                    int64_t stride, int64_t padding);

/// The value that `value` is, through any number of `cvt.reshape`s, a reshape
/// of; itself if it is none.
mlir::Value stripReshapes(mlir::Value value);

/// Elements of one image of a batched tensor; the largest number where they are
/// more.
int64_t imageElements(mlir::Value value);

/// Innermost extent of a tensor.
int64_t channelsOf(mlir::Value value);

/// Bytes behind the numbers of a quantized row: see `cvt.quantize`.
inline constexpr int64_t kQuantizedTail = 8;

/// Products that an op of the format i8 may add up: those of an unsigned and a
/// signed byte, whose sum surely fits into 32 bits.
inline constexpr int64_t kMaxI8Terms = 65536;

/// Numbers in a row of channels: without the tail of a quantized one.
int64_t numbersPerRow(mlir::Value value);

/// Rows of channels in one image: the tokens of tokens, the pixels of a map.
int64_t rowsPerImage(mlir::Value value);

/// The type of the `cvt.weight` or `cvt.prepare` that `name` refers to, seen
/// from `user`; emits an error on `user` and returns null if it is neither.
mlir::RankedTensorType lookUpWeightType(mlir::Operation *user,
                                        mlir::FlatSymbolRefAttr name,
                                        mlir::SymbolTableCollection &symbols);

/// Trait of the ops that compute: those that have a number format
/// (CvtDialect::kFormatAttr).
template <typename ConcreteT>
class GraphOp : public mlir::OpTrait::TraitBase<ConcreteT, GraphOp> {};

} // namespace cvt

#define GET_OP_CLASSES
#include "dialect/CvtOps.h.inc"

#endif // CVT_DIALECT_CVTDIALECT_H
