//===- placement.h - Which buffer each value lives in, and where in it ----===//
//
// Token views are resolved here: several values share one buffer, each a
// strided window on it.  So do a residual and the sum that replaces it.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_MEMORY_PLACEMENT_H
#define CVT_COMPILER_MEMORY_PLACEMENT_H

#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace cvt {

/// A piece of memory that holds one or more values of a function.
struct ValueBuffer {
  enum class Kind { Arena, Input, Output } kind;
  /// Which input or output.
  unsigned index = 0;
  /// Elements of one image, and bytes of each.
  int64_t imageElements = 0;
  int64_t elementBytes = 0;
  /// First and last op that touch it, by position in the function.
  int64_t firstUse = 0;
  int64_t lastUse = 0;
};

/// A value's window on its buffer, in elements of one image: starts at
/// `offset`, its own elements are dense.
struct Placement {
  unsigned buffer = 0;
  int64_t offset = 0;
};

class Placements {
public:
  /// Places every tensor of `function`, which insertViewCopies has prepared.
  explicit Placements(mlir::func::FuncOp function);

  const Placement &of(mlir::Value value) const {
    return placements.find(value)->second;
  }
  const std::vector<ValueBuffer> &buffers() const { return allBuffers; }

private:
  void placeOutputs(mlir::func::FuncOp function);
  void placePrepended(mlir::func::FuncOp function);
  void placeResults(LaunchOp launch);
  std::optional<unsigned> bufferOf(mlir::Value value) const;
  std::optional<unsigned> replacedResidual(LaunchOp launch) const;
  bool isUsedBehind(unsigned buffer, mlir::Operation *op) const;
  void resolveView(mlir::Operation &op);
  unsigned addBuffer(ValueBuffer::Kind kind, unsigned index, mlir::Value value);
  void extendLifetimes(mlir::func::FuncOp function);

  llvm::DenseMap<mlir::Value, Placement> placements;
  std::vector<ValueBuffer> allBuffers;
};

} // namespace cvt

#endif // CVT_COMPILER_MEMORY_PLACEMENT_H
