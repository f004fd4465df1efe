//===- halide_buffers.cpp - Views as halide_buffer_t on the stack ---------===//

#include "compiler/conversion/cvt_to_llvm/halide_buffers.h"

#include "compiler/conversion/cvt_to_llvm/halide_layout.h"

using namespace mlir;
using namespace cvt;

static_assert(HalideBuffers::kSlotBytes >=
              HalideLayout::kBufferBytes +
                  HalideBuffers::kMaxRank * HalideLayout::kDimensionBytes);

namespace {

/// Stores constants and values at byte offsets of one pointer.
class FieldWriter {
public:
  FieldWriter(OpBuilder &builder, Location loc, Value base)
      : builder(builder), loc(loc), base(base) {}

  Value at(int64_t offset) {
    return LLVM::GEPOp::create(builder, loc, base.getType(),
                               builder.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{int32_t(offset)});
  }
  void store(int64_t offset, Value value) {
    LLVM::StoreOp::create(builder, loc, value, at(offset));
  }
  void store32(int64_t offset, int64_t value) {
    store(offset, LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                           builder.getI32IntegerAttr(value)));
  }
  void store64(int64_t offset, int64_t value) {
    store(offset, LLVM::ConstantOp::create(builder, loc, builder.getI64Type(),
                                           builder.getI64IntegerAttr(value)));
  }

private:
  OpBuilder &builder;
  Location loc;
  Value base;
};

} // namespace

/// The halide_type_t of an element; nothing if no kernel has such.
static std::optional<int32_t> halideType(Type element) {
  if (element.isF32())
    return HalideLayout::kFloat32;
  if (element.isBF16())
    return HalideLayout::kBfloat16;
  if (element.isSignedInteger(8))
    return HalideLayout::kInt8;
  if (element.isUnsignedInteger(8))
    return HalideLayout::kUint8;
  return std::nullopt;
}

bool HalideBuffers::canDescribe(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  auto isSmall = [](int64_t number) {
    return ShapedType::isDynamic(number) || llvm::isInt<32>(number);
  };
  return type.getRank() <= kMaxRank && halideType(type.getElementType()) &&
         succeeded(type.getStridesAndOffset(strides, offset)) &&
         llvm::all_of(type.getShape(), isSmall) &&
         llvm::all_of(strides, isSmall);
}

/// Defines `void fill(ptr slot, ptr host, i32 extent)` for views of `type`.
LLVM::LLVMFuncOp HalideBuffers::fillerFor(MemRefType type) {
  LLVM::LLVMFuncOp &function = fillers[type];
  if (function)
    return function;
  using Layout = HalideLayout;
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = module.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto signature =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                  {pointer, pointer, builder.getI32Type()});
  function = LLVM::LLVMFuncOp::create(
      builder, loc, "fill_view_" + std::to_string(fillers.size() - 1),
      signature, LLVM::Linkage::Internal);
  function.setNoInline(true);
  Block *body = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(body);

  FieldWriter slot(builder, loc, body->getArgument(0));
  slot.store64(Layout::kDevice, 0);
  slot.store64(Layout::kDeviceInterface, 0);
  slot.store(Layout::kHost, body->getArgument(1));
  slot.store64(Layout::kFlags, 0);
  slot.store32(Layout::kType, *halideType(type.getElementType()));
  slot.store32(Layout::kDimensions, type.getRank());
  slot.store(Layout::kDim, slot.at(Layout::kBufferBytes));
  slot.store64(Layout::kPadding, 0);

  SmallVector<int64_t> strides;
  int64_t offset;
  LogicalResult strided = type.getStridesAndOffset(strides, offset);
  assert(succeeded(strided) && "cvt.view verifies its layout");
  (void)strided;
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    // Halide counts dimensions from the innermost.
    int64_t at = Layout::kBufferBytes +
                 (type.getRank() - 1 - axis) * Layout::kDimensionBytes;
    slot.store32(at + Layout::kDimensionMin, 0);
    if (type.isDynamicDim(axis))
      slot.store(at + Layout::kDimensionExtent, body->getArgument(2));
    else
      slot.store32(at + Layout::kDimensionExtent, type.getDimSize(axis));
    slot.store32(at + Layout::kDimensionStride, strides[axis]);
    slot.store32(at + Layout::kDimensionFlags, 0);
  }
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return function;
}

void HalideBuffers::fill(OpBuilder &builder, Location loc, Value slot,
                         MemRefType type, Value host, Value extent) {
  LLVM::CallOp::create(builder, loc, fillerFor(type),
                       ValueRange{slot, host, extent});
}
