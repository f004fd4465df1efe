//===- weight_symbols.cpp - What a module says of a weight symbol ---------===//

#include "compiler/weight_values/weight_symbols.h"

#include "dialect/CvtDialect.h"

using namespace llvm;
using namespace mlir;

/// Larger tensors are refused before memory is asked for.
static constexpr int64_t kMaxElements = int64_t(1) << 31;

Error cvt::symbolError(StringRef symbol, const Twine &what) {
  return createStringError("@" + symbol + ": " + what);
}

Error cvt::sizeError(StringRef symbol) {
  return symbolError(symbol,
                     "has no elements or more than " + Twine(kMaxElements));
}

RankedTensorType cvt::typeOf(Operation *symbol) {
  if (auto weight = dyn_cast<WeightOp>(symbol))
    return cast<RankedTensorType>(weight.getType());
  return cast<RankedTensorType>(cast<PrepareOp>(symbol).getType());
}

std::optional<uint64_t> cvt::countElements(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t extent : type.getShape())
    if (extent < 1 || __builtin_mul_overflow(count, extent, &count) ||
        count > kMaxElements)
      return std::nullopt;
  return static_cast<uint64_t>(count);
}
