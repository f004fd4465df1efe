//===- CvtDialect.cpp - Registration, attributes, type predicates ---------===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace cvt;

#include "dialect/CvtDialect.cpp.inc"
#include "dialect/CvtEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/CvtAttrs.cpp.inc"

void CvtDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/CvtAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/CvtOps.cpp.inc"
      >();
}

static bool areDistinctNames(Attribute attribute) {
  auto names = dyn_cast<ArrayAttr>(attribute);
  if (!names)
    return false;
  llvm::SmallDenseSet<Attribute> seen;
  return llvm::all_of(names, [&](Attribute name) {
    return isa<StringAttr>(name) && seen.insert(name).second;
  });
}

LogicalResult CvtDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kFormatAttr &&
      (!isa<FormatAttr>(value) || !op->hasTrait<GraphOp>()))
    return op->emitError() << "'" << name
                           << "' must be a #cvt.format of a graph op";
  if (name == kOutputsAttr) {
    if (!areDistinctNames(value))
      return op->emitError()
             << "'" << name << "' must be an array of different names";
    // A planned function has its outputs among its arguments.
    auto function = dyn_cast<FunctionOpInterface>(op);
    if (!function || op->hasAttr(kArenaAttr))
      return success();
    size_t results = function.getNumResults();
    if (cast<ArrayAttr>(value).size() != results)
      return op->emitError()
             << "'" << name << "' must name each of " << results << " results";
  }
  if (name == kTargetAttr && !isa<StringAttr>(value))
    return op->emitError() << "'" << name << "' must be a string";
  if (name == kArenaAttr || name == kSectionOffsetAttr ||
      name == kSectionBytesAttr) {
    auto number = dyn_cast<IntegerAttr>(value);
    if (!number || number.getInt() < 0)
      return op->emitError() << "'" << name << "' must be a number of bytes";
  }
  return success();
}

bool cvt::isBatchedTensor(Type type, int64_t rank) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() != rank || !tensor.isDynamicDim(0))
    return false;
  return llvm::all_of(tensor.getShape().drop_front(),
                      [](int64_t extent) { return extent > 0; });
}

bool cvt::haveEqualShapes(TypeRange a, TypeRange b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip_equal(a, b), [](auto pair) {
           auto [x, y] = pair;
           return cast<RankedTensorType>(x).getShape() ==
                  cast<RankedTensorType>(y).getShape();
         });
}

bool cvt::isClassToken(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<Float32Type, BFloat16Type>(tensor.getElementType()) &&
         tensor.getRank() == 3 &&
         (tensor.isDynamicDim(0) || tensor.getDimSize(0) == 1) &&
         tensor.getDimSize(1) == 1 && tensor.getDimSize(2) > 0;
}

std::optional<int64_t> cvt::convolvedExtent(int64_t extent, int64_t kernel,
                                            int64_t stride, int64_t padding) {
  if (kernel < 1 || stride < 1 || padding < 0 ||
      padding > (std::numeric_limits<int64_t>::max() - extent) / 2 ||
      extent + 2 * padding < kernel)
    return std::nullopt;
  return (extent + 2 * padding - kernel) / stride + 1;
}

std::optional<int64_t> cvt::pooledExtent(int64_t extent, int64_t kernel,
                                         int64_t stride, int64_t padding) {
  if (kernel < 1 || stride < 1 || padding < 0 || padding > kernel / 2 ||
      padding > (std::numeric_limits<int64_t>::max() - extent) / 2)
    return std::nullopt;
  int64_t windows =
      llvm::divideCeilSigned(extent + 2 * padding - kernel, stride) + 1;
  // No window may start behind the input and its left padding.
  windows = std::min(windows, llvm::divideCeilSigned(extent + padding, stride));
  return windows > 0 ? std::optional(windows) : std::nullopt;
}

Value cvt::stripReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  return value;
}

int64_t cvt::imageElements(Value value) {
  int64_t elements = 1;
  auto type = cast<RankedTensorType>(value.getType());
  for (int64_t extent : type.getShape().drop_front())
    if (llvm::MulOverflow(elements, extent, elements))
      return std::numeric_limits<int64_t>::max();
  return elements;
}

int64_t cvt::channelsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

int64_t cvt::numbersPerRow(Value value) {
  bool isQuantized =
      cast<RankedTensorType>(value.getType()).getElementType().isInteger();
  return channelsOf(value) - (isQuantized ? kQuantizedTail : 0);
}

int64_t cvt::rowsPerImage(Value value) {
  return imageElements(value) / channelsOf(value);
}
