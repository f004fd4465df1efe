//===- weight_symbols.h - cvt.weight symbols for a model's tensors --------===//
//
// Symbols have short names ("stage2.layer0.mlp.fc1.weight"); which tensor of
// the checkpoint each one is stands here and in model_builder.cpp only.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_IMPORT_WEIGHT_SYMBOLS_H
#define CVT_FRONTEND_IMPORT_WEIGHT_SYMBOLS_H

#include "frontend/expected_tensors.h"
#include "frontend/import/model_builder.h"

#include "dialect/CvtDialect.h"
#include "mlir/IR/Builders.h"

#include <map>
#include <string>

namespace cvt {

/// Declares weights at the builder's insertion point.
class WeightSymbols {
public:
  /// `builder`, `config` and `options` must outlive this object.
  WeightSymbols(mlir::OpBuilder builder, const CvtConfig &config,
                const ImportOptions &options);

  /// Declares the tensor that the checkpoint calls `tensor`, one of
  /// expectedTensors, as the symbol `symbol`.
  mlir::FlatSymbolRefAttr declare(const std::string &symbol,
                                  const std::string &tensor);

private:
  mlir::Attribute sourceOf(const ExpectedTensor &tensor);

  mlir::OpBuilder builder;
  const CvtConfig &config;
  const ImportOptions &options;
  std::map<std::string, ExpectedTensor> expected;
};

} // namespace cvt

#endif // CVT_FRONTEND_IMPORT_WEIGHT_SYMBOLS_H
