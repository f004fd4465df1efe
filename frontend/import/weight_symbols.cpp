//===- weight_symbols.cpp - cvt.weight symbols for a model's tensors ------===//

#include "frontend/import/weight_symbols.h"

#include <filesystem>

using namespace cvt;

WeightSymbols::WeightSymbols(mlir::OpBuilder builder, const CvtConfig &config,
                             const ImportOptions &options)
    : builder(builder), config(config), options(options) {
  for (ExpectedTensor &tensor : expectedTensors(config))
    expected.emplace(tensor.name, tensor);
}

mlir::FlatSymbolRefAttr WeightSymbols::declare(const std::string &symbol,
                                               const std::string &tensor) {
  const ExpectedTensor &entry = expected.at(tensor);
  auto type = mlir::RankedTensorType::get(entry.shape, builder.getF32Type());
  WeightOp::create(builder, builder.getUnknownLoc(), symbol, type,
                   sourceOf(entry));
  return mlir::FlatSymbolRefAttr::get(builder.getContext(), symbol);
}

static Init initOf(TensorInit init) {
  switch (init) {
  case TensorInit::TruncatedNormal:
    return Init::TruncatedNormal;
  case TensorInit::Zeros:
    return Init::Zeros;
  case TensorInit::Ones:
    return Init::Ones;
  }
  llvm_unreachable("unknown initialisation");
}

/// matchTensors lets no other types through.
static StoredDType storedTypeOf(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return StoredDType::F32;
  case ElementType::F16:
    return StoredDType::F16;
  case ElementType::BF16:
    return StoredDType::BF16;
  case ElementType::F64:
    return StoredDType::F64;
  case ElementType::I64:
  case ElementType::Other:
    break;
  }
  llvm_unreachable("not a type of weights");
}

mlir::Attribute WeightSymbols::sourceOf(const ExpectedTensor &tensor) {
  mlir::MLIRContext *context = builder.getContext();
  const CheckpointTensor *stored =
      options.checkpoint ? options.checkpoint->find(tensor.name) : nullptr;
  if (!stored)
    return RandomAttr::get(
        context, initOf(tensor.init), options.seed,
        builder.getF32FloatAttr(static_cast<float>(config.initializerRange)),
        tensor.name);
  std::string file = std::filesystem::path(stored->file).filename().string();
  return StoredAttr::get(context, file, stored->offset,
                         storedTypeOf(stored->type), stored->axes);
}
