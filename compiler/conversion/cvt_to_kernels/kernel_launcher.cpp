//===- kernel_launcher.cpp - Declares kernels, packs weights, launches ----===//

#include "compiler/conversion/cvt_to_kernels/kernel_launcher.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace cvt;

kernels::Element cvt::elementOf(Value tensor) {
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  if (element.isBF16())
    return kernels::Element::Bf16;
  return element.isInteger() ? kernels::Element::U8 : kernels::Element::F32;
}

KernelLauncher::KernelLauncher(ModuleOp module)
    : module(module), symbols(module) {}

FailureOr<SmallVector<Value>>
KernelLauncher::launch(OpBuilder &builder, Location loc,
                       const kernels::KernelSpec &spec, ValueRange inputs,
                       TypeRange types) {
  if (llvm::Error error = kernels::verifyKernelSpec(spec))
    return emitError(loc) << llvm::toString(std::move(error));
  std::string name = kernels::symbolName(spec);
  FlatSymbolRefAttr &kernel = kernels[name];
  if (!kernel) {
    auto declared =
        KernelOp::create(builder, loc, name, kernels::flopsPerImage(spec),
                         kernels::bytesPerImage(spec));
    declared->remove();
    kernel = FlatSymbolRefAttr::get(
        symbols.insert(declared, module.getBody()->end()));
  }
  auto launch =
      LaunchOp::create(builder, loc, types, kernel, inputs, ValueRange());
  return SmallVector<Value>(launch.getResults());
}

RankedTensorType KernelLauncher::typeOf(FlatSymbolRefAttr name) {
  Operation *symbol = symbols.lookup(name.getValue());
  if (auto weight = dyn_cast<WeightOp>(symbol))
    return cast<RankedTensorType>(weight.getType());
  return cast<RankedTensorType>(cast<PrepareOp>(symbol).getType());
}

FlatSymbolRefAttr KernelLauncher::prepare(FlatSymbolRefAttr source,
                                          PrepareStep step, StringRef suffix,
                                          RankedTensorType type) {
  std::string name = (source.getValue() + suffix).str();
  // The table of symbols finds another name where steps differ.
  FlatSymbolRefAttr &symbol =
      prepared[(stringifyPrepareStep(step) + " " + name).str()];
  if (symbol)
    return symbol;
  OpBuilder builder(module.getContext());
  auto op =
      PrepareOp::create(builder, module.getLoc(), name, step, source, type);
  op->remove();
  symbol = FlatSymbolRefAttr::get(symbols.insert(op, module.getBody()->end()));
  return symbol;
}

Value KernelLauncher::weight(OpBuilder &builder, Location loc,
                             FlatSymbolRefAttr name) {
  return WeightValueOp::create(builder, loc, typeOf(name), name);
}

Value KernelLauncher::panels(OpBuilder &builder, Location loc,
                             FlatSymbolRefAttr name, int64_t width,
                             PrepareStep step, kernels::Element format,
                             kernels::CpuTarget target) {
  RankedTensorType type = typeOf(name);
  int64_t rows = type.getDimSize(0);
  int64_t k = type.getNumElements() / rows;
  const int64_t sideBySide = kernels::interleave(format, target);
  SmallVector<int64_t> shape = {int64_t(llvm::divideCeil(rows, width)),
                                k / sideBySide, width};
  std::string suffix = ".panels" + std::to_string(width);
  if (sideBySide > 1) {
    shape.push_back(sideBySide);
    suffix += "x" + std::to_string(sideBySide);
  }
  Type element = type.getElementType();
  switch (format) {
  case kernels::Element::F32:
    break;
  case kernels::Element::Bf16:
    element = builder.getBF16Type();
    suffix += ".bf16";
    break;
  case kernels::Element::I8:
    element = builder.getIntegerType(8, /*isSigned=*/true);
    suffix += ".i8";
    break;
  case kernels::Element::U8:
    element = builder.getIntegerType(8, /*isSigned=*/false);
    suffix += ".u8";
    break;
  }
  return weight(
      builder, loc,
      prepare(name, step, suffix, RankedTensorType::get(shape, element)));
}

FlatSymbolRefAttr KernelLauncher::paddedTaps(FlatSymbolRefAttr name,
                                             int64_t multiple) {
  RankedTensorType type = typeOf(name);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = llvm::alignTo(shape.back(), multiple);
  if (shape.back() == type.getShape().back())
    return name;
  return prepare(name, PrepareStep::PadTaps,
                 ".taps" + std::to_string(shape.back()),
                 RankedTensorType::get(shape, type.getElementType()));
}

Value KernelLauncher::ofRows(OpBuilder &builder, Location loc,
                             FlatSymbolRefAttr name, int64_t width,
                             PrepareStep step) {
  RankedTensorType type = typeOf(name);
  int64_t padded = llvm::alignTo(type.getDimSize(0), width);
  std::string suffix = ("." + stringifyPrepareStep(step) + Twine(width)).str();
  return weight(
      builder, loc,
      prepare(name, step, suffix,
              RankedTensorType::get({padded}, type.getElementType())));
}

Value KernelLauncher::taps(OpBuilder &builder, Location loc,
                           FlatSymbolRefAttr name) {
  RankedTensorType type = typeOf(name);
  auto taps = RankedTensorType::get(
      {type.getDimSize(2), type.getDimSize(3), type.getDimSize(0)},
      type.getElementType());
  return weight(builder, loc,
                prepare(name, PrepareStep::TapsOutermost, ".taps", taps));
}

Value KernelLauncher::paddedBias(OpBuilder &builder, Location loc,
                                 FlatSymbolRefAttr name, int64_t width) {
  RankedTensorType type = typeOf(name);
  int64_t padded = llvm::alignTo(type.getDimSize(0), width);
  if (padded == type.getDimSize(0))
    return weight(builder, loc, name);
  return weight(
      builder, loc,
      prepare(name, PrepareStep::Pad, ".pad" + std::to_string(width),
              RankedTensorType::get({padded}, type.getElementType())));
}
