//===- plan_memory.cpp - Tensors to views of arena and weights ------------===//

#include "compiler/kernels/kernel_spec.h"
#include "compiler/memory/arena_planner.h"
#include "compiler/memory/passes.h"
#include "compiler/memory/placement.h"
#include "compiler/memory/verify_plannable.h"
#include "dialect/CvtDialect.h"
#include "runtime/include/cvt/abi.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

namespace cvt {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/memory/Passes.h.inc"
} // namespace cvt

using namespace mlir;
using namespace cvt;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Gives each weight that a launch uses its place in the weights section, in
/// the order of first use, and the module the section's size.
static void planWeights(ModuleOp module) {
  SymbolTable symbols(module);
  Builder builder(module.getContext());
  int64_t end = 0;
  DenseSet<Operation *> placed;
  auto place = [&](WeightValueOp op) {
    Operation *symbol = symbols.lookup(op.getWeight());
    if (!placed.insert(symbol).second)
      return;
    int64_t offset = llvm::alignTo(end, CVT_BUFFER_ALIGNMENT);
    symbol->setAttr(CvtDialect::kSectionOffsetAttr,
                    builder.getI64IntegerAttr(offset));
    end = offset + op.getType().getNumElements() *
                       op.getType().getElementTypeBitWidth() / 8;
  };
  for (auto function : module.getOps<func::FuncOp>())
    function.walk(place);
  module->setAttr(CvtDialect::kSectionBytesAttr,
                  builder.getI64IntegerAttr(end));
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// Rewrites one function on tensors as one on views.
class FunctionPlanner {
public:
  FunctionPlanner(func::FuncOp function, SymbolTable &symbols)
      : source(function), symbols(symbols), placements(function),
        builder(function.getContext()) {}

  /// Fails if a buffer of `maxBatch` images is too large for kernels, or rows
  /// that one takes together lie apart.
  LogicalResult check(int64_t maxBatch);
  void rewrite();

private:
  LogicalResult checkRows(LaunchOp launch);
  int64_t planArenaOffsets();
  func::FuncOp declare();
  void rewriteLaunch(LaunchOp launch);
  Value viewOf(Value value, const kernels::KernelArgument &argument);
  Value weightView(WeightValueOp weight,
                   const kernels::KernelArgument &argument);
  Value valueView(Value value, const kernels::KernelArgument &argument);

  func::FuncOp source;
  SymbolTable &symbols;
  Placements placements;
  OpBuilder builder;
  /// Byte offsets of arena buffers for one image, by buffer.
  std::vector<int64_t> arenaOffsets;
  func::FuncOp planned;
  Value arena, weights, batch;
  unsigned inputCount = 0;
};

} // namespace

LogicalResult FunctionPlanner::check(int64_t maxBatch) {
  int64_t limit = std::numeric_limits<int32_t>::max();
  for (const ValueBuffer &buffer : placements.buffers())
    if (buffer.imageElements > limit / maxBatch)
      return source.emitError()
             << "a buffer of " << buffer.imageElements
             << " elements an image is too large for batches of " << maxBatch
             << ": together at most " << limit
             << "; use a smaller image or a smaller batch limit";
  for (LaunchOp launch : source.getOps<LaunchOp>())
    if (failed(checkRows(launch)))
      return failure();
  return success();
}

LogicalResult FunctionPlanner::checkRows(LaunchOp launch) {
  auto arguments =
      kernels::kernelArguments(*kernels::parseSymbolName(launch.getKernel()));
  for (auto [index, value] : llvm::enumerate(launchedValues(launch))) {
    if (value.getDefiningOp<WeightValueOp>())
      continue;
    const ValueBuffer &buffer =
        placements.buffers()[placements.of(value).buffer];
    if (rowsPerImage(value, arguments[index]) > 1 &&
        imageElements(value) != buffer.imageElements)
      return launch.emitOpError()
             << "takes '" << arguments[index].name
             << "' of all images as rows one after the other, but "
             << value.getType() << " is a part of each image's";
  }
  return success();
}

int64_t FunctionPlanner::planArenaOffsets() {
  std::vector<BufferLifetime> lifetimes;
  std::vector<unsigned> planned;
  for (auto [index, buffer] : llvm::enumerate(placements.buffers())) {
    if (buffer.kind != ValueBuffer::Kind::Arena)
      continue;
    lifetimes.push_back({buffer.imageElements * buffer.elementBytes,
                         buffer.firstUse, buffer.lastUse});
    planned.push_back(index);
  }
  ArenaPlan plan = planArena(lifetimes, CVT_BUFFER_ALIGNMENT);
  arenaOffsets.assign(placements.buffers().size(), 0);
  for (auto [index, offset] : llvm::zip_equal(planned, plan.offsets))
    arenaOffsets[index] = offset;
  return plan.bytes;
}

/// The function (arena, weights, inputs..., outputs..., batch).
func::FuncOp FunctionPlanner::declare() {
  auto bytes = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  SmallVector<Type> types = {bytes, bytes};
  FunctionType type = source.getFunctionType();
  for (Type tensor :
       llvm::concat<const Type>(type.getInputs(), type.getResults())) {
    auto ranked = cast<RankedTensorType>(tensor);
    types.push_back(
        MemRefType::get(ranked.getShape(), ranked.getElementType()));
  }
  types.push_back(builder.getIndexType());
  builder.setInsertionPoint(source);
  auto function = func::FuncOp::create(builder, source.getLoc(),
                                       (source.getName() + ".planned").str(),
                                       builder.getFunctionType(types, {}));
  for (StringRef name : {CvtDialect::kOutputsAttr, CvtDialect::kTargetAttr})
    if (Attribute attribute = source->getAttr(name))
      function->setAttr(name, attribute);
  return function;
}

void FunctionPlanner::rewrite() {
  int64_t arenaBytes = planArenaOffsets();
  planned = declare();
  planned->setAttr(CvtDialect::kArenaAttr,
                   builder.getI64IntegerAttr(arenaBytes));
  Block *body = planned.addEntryBlock();
  inputCount = source.getNumArguments();
  arena = body->getArgument(0);
  weights = body->getArgument(1);
  batch = body->getArguments().back();
  builder.setInsertionPointToStart(body);
  for (LaunchOp launch : source.getOps<LaunchOp>())
    rewriteLaunch(launch);
  func::ReturnOp::create(builder, source.getLoc());
  std::string name = source.getName().str();
  symbols.erase(source);
  planned.setName(name);
  symbols.insert(planned);
}

void FunctionPlanner::rewriteLaunch(LaunchOp launch) {
  auto spec = kernels::parseSymbolName(launch.getKernel());
  std::vector<kernels::KernelArgument> arguments =
      kernels::kernelArguments(*spec);
  SmallVector<Value> inputs, outputs;
  for (auto [index, value] : llvm::enumerate(launch.getInputs()))
    inputs.push_back(viewOf(value, arguments[index]));
  for (auto [index, value] : llvm::enumerate(launch.getResults()))
    outputs.push_back(viewOf(value, arguments[inputs.size() + index]));
  LaunchOp::create(builder, launch.getLoc(), TypeRange(),
                   launch.getKernelAttr(), inputs, outputs);
}

Value FunctionPlanner::viewOf(Value value,
                              const kernels::KernelArgument &argument) {
  if (auto weight = value.getDefiningOp<WeightValueOp>())
    return weightView(weight, argument);
  return valueView(value, argument);
}

/// A memref type of the argument's shape with these strides, innermost first.
static MemRefType viewType(const kernels::KernelArgument &argument,
                           ArrayRef<int64_t> strides, Builder &builder) {
  SmallVector<int64_t> shape, outermostFirst(llvm::reverse(strides));
  for (int64_t extent : llvm::reverse(argument.extents))
    shape.push_back(extent == kernels::kRuntimeExtent ? ShapedType::kDynamic
                                                      : extent);
  Type element = elementType(argument.element, builder.getContext());
  auto dense = MemRefType::get(shape, element);
  SmallVector<int64_t> denseStrides;
  int64_t offset;
  if (succeeded(dense.getStridesAndOffset(denseStrides, offset)) &&
      denseStrides == outermostFirst)
    return dense;
  return MemRefType::get(
      shape, element,
      StridedLayoutAttr::get(builder.getContext(), 0, outermostFirst));
}

static SmallVector<int64_t> denseStrides(ArrayRef<int64_t> extents) {
  SmallVector<int64_t> strides;
  int64_t stride = 1;
  for (int64_t extent : extents) {
    strides.push_back(stride);
    stride *= extent;
  }
  return strides;
}

/// A weight is the same for every image: the stride of a batch is 0.
Value FunctionPlanner::weightView(WeightValueOp weight,
                                  const kernels::KernelArgument &argument) {
  SmallVector<int64_t> strides = denseStrides(argument.extents);
  if (argument.extents.back() == kernels::kRuntimeExtent)
    strides.back() = 0;
  auto offset =
      symbols.lookup(weight.getWeight())
          ->getAttrOfType<IntegerAttr>(CvtDialect::kSectionOffsetAttr);
  return ViewOp::create(builder, weight.getLoc(),
                        viewType(argument, strides, builder), weights, batch,
                        offset, builder.getI64IntegerAttr(0),
                        builder.getI64IntegerAttr(1));
}

/// The kernel's outermost dimension is the batch, or all rows of the batch.
Value FunctionPlanner::valueView(Value value,
                                 const kernels::KernelArgument &argument) {
  const Placement &placement = placements.of(value);
  const ValueBuffer &buffer = placements.buffers()[placement.buffer];
  SmallVector<int64_t> strides = denseStrides(argument.extents);
  int64_t rows = rowsPerImage(value, argument);
  if (rows == 1)
    strides.back() = buffer.imageElements;
  Value base = arena;
  if (buffer.kind == ValueBuffer::Kind::Input)
    base = planned.getArgument(2 + buffer.index);
  else if (buffer.kind == ValueBuffer::Kind::Output)
    base = planned.getArgument(2 + inputCount + buffer.index);
  return ViewOp::create(
      builder, value.getLoc(), viewType(argument, strides, builder), base,
      batch, builder.getI64IntegerAttr(placement.offset * buffer.elementBytes),
      builder.getI64IntegerAttr(arenaOffsets[placement.buffer]),
      builder.getI64IntegerAttr(rows));
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct PlanMemory : cvt::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (maxBatch < 1) {
      module.emitError() << "max-batch is " << int64_t(maxBatch)
                         << ", expected at least 1";
      return signalPassFailure();
    }
    for (auto function : module.getOps<func::FuncOp>())
      if (failed(verifyPlannable(function)))
        return signalPassFailure();
    planWeights(module);
    SymbolTable symbols(module);
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      FunctionPlanner planner(function, symbols);
      if (failed(planner.check(maxBatch)))
        return signalPassFailure();
      planner.rewrite();
    }
  }
};

} // namespace
