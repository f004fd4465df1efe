//===- cvt_to_llvm.cpp - Lower planned functions to the host program ------===//

#include "compiler/conversion/cvt_to_llvm/halide_buffers.h"
#include "compiler/conversion/cvt_to_llvm/program_table.h"
#include "compiler/conversion/passes.h"
#include "compiler/memory/verify_planned.h"
#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

namespace cvt {
#define GEN_PASS_DEF_CONVERTCVTTOLLVM
#include "compiler/conversion/Passes.h.inc"
} // namespace cvt

using namespace mlir;
using namespace cvt;

namespace {

/// Arguments of a cvt_forward_fn.
enum ForwardArgument { Context, Weights, Arena, Inputs, Outputs, Batch };

/// Lowers one planned function.
class FunctionLowering {
public:
  FunctionLowering(ModuleOp module, func::FuncOp source, HalideBuffers &buffers)
      : module(module), source(source), buffers(buffers),
        builder(module.getContext()), loc(source.getLoc()),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  LLVM::LLVMFuncOp run();

private:
  LLVM::LLVMFuncOp declare();
  void bindArguments();
  void lowerLaunch(LaunchOp launch);
  Value lowerView(ViewOp view, Value slot);
  LLVM::LLVMFuncOp kernelFunction(LaunchOp launch);
  size_t mostOperands();

  Value i64(int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(),
                                    builder.getI64IntegerAttr(value));
  }
  Value offsetBy(Value base, Value bytes) {
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                               bytes);
  }

  ModuleOp module;
  func::FuncOp source;
  HalideBuffers &buffers;
  OpBuilder builder;
  Location loc;
  Type pointer;
  LLVM::LLVMFuncOp forward;
  /// The pointer that each memref argument of the source became.
  DenseMap<Value, Value> bases;
  Value slots;
  /// Block that returns its argument, for kernels that fail.
  Block *exit = nullptr;
};

} // namespace

LLVM::LLVMFuncOp FunctionLowering::declare() {
  auto signature = LLVM::LLVMFunctionType::get(
      builder.getI32Type(),
      {pointer, pointer, pointer, pointer, pointer, builder.getI64Type()});
  builder.setInsertionPointToEnd(module.getBody());
  return LLVM::LLVMFuncOp::create(builder, loc,
                                  ("cvt_" + source.getName()).str(), signature,
                                  LLVM::Linkage::Internal);
}

size_t FunctionLowering::mostOperands() {
  size_t most = 0;
  for (LaunchOp launch : source.getOps<LaunchOp>())
    most = std::max<size_t>(most, launch->getNumOperands());
  return most;
}

/// The planned function has (arena, weights, inputs..., outputs..., batch);
/// the ABI passes inputs and outputs as arrays of pointers.
void FunctionLowering::bindArguments() {
  Block &body = forward.getBody().front();
  bases[source.getArgument(0)] = body.getArgument(Arena);
  bases[source.getArgument(1)] = body.getArgument(Weights);
  size_t outputs =
      source->getAttrOfType<ArrayAttr>(CvtDialect::kOutputsAttr).size();
  size_t inputs = source.getNumArguments() - 3 - outputs;
  for (size_t i = 0; i < inputs + outputs; ++i) {
    bool isInput = i < inputs;
    Value array = body.getArgument(isInput ? Inputs : Outputs);
    int64_t index = isInput ? i : i - inputs;
    Value element = offsetBy(array, i64(index * sizeof(void *)));
    bases[source.getArgument(2 + i)] =
        LLVM::LoadOp::create(builder, loc, pointer, element);
  }
}

LLVM::LLVMFuncOp FunctionLowering::run() {
  forward = declare();
  Block *entry = forward.addEntryBlock(builder);
  exit = builder.createBlock(&forward.getBody(), forward.getBody().end(),
                             builder.getI32Type(), loc);
  LLVM::ReturnOp::create(builder, loc, exit->getArgument(0));

  builder.setInsertionPointToStart(entry);
  slots = LLVM::AllocaOp::create(
      builder, loc, pointer, builder.getI8Type(),
      i64(mostOperands() * HalideBuffers::kSlotBytes), /*alignment=*/16);
  bindArguments();
  for (LaunchOp launch : source.getOps<LaunchOp>())
    lowerLaunch(launch);
  Value done = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                        builder.getI32IntegerAttr(0));
  LLVM::ReturnOp::create(builder, loc, done);
  return forward;
}

/// Fills the slot that describes `view`; returns the slot.
Value FunctionLowering::lowerView(ViewOp view, Value slot) {
  Value batch = forward.getArgument(Batch);
  Value offset = i64(view.getOffset());
  if (view.getOffsetPerImage()) {
    Value images =
        LLVM::MulOp::create(builder, loc, batch, i64(view.getOffsetPerImage()));
    offset = LLVM::AddOp::create(builder, loc, images, offset);
  }
  Value host = offsetBy(bases.lookup(view.getBase()), offset);
  Value rows = LLVM::MulOp::create(builder, loc, batch, i64(view.getRows()));
  Value extent =
      LLVM::TruncOp::create(builder, loc, builder.getI32Type(), rows);
  buffers.fill(builder, loc, slot, cast<MemRefType>(view.getType()), host,
               extent);
  return slot;
}

LLVM::LLVMFuncOp FunctionLowering::kernelFunction(LaunchOp launch) {
  std::string name = launch.getKernel().str();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> arguments(1 + launch->getNumOperands(), pointer);
  return LLVM::LLVMFuncOp::create(
      builder, loc, name,
      LLVM::LLVMFunctionType::get(builder.getI32Type(), arguments));
}

/// Calls the kernel and leaves the function if it fails.
void FunctionLowering::lowerLaunch(LaunchOp launch) {
  SmallVector<Value> arguments = {forward.getArgument(Context)};
  for (auto [index, operand] : llvm::enumerate(launch->getOperands())) {
    Value slot = offsetBy(slots, i64(index * HalideBuffers::kSlotBytes));
    arguments.push_back(lowerView(operand.getDefiningOp<ViewOp>(), slot));
  }
  Value status =
      LLVM::CallOp::create(builder, loc, kernelFunction(launch), arguments)
          .getResult();
  Value zero = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                        builder.getI32IntegerAttr(0));
  Value failed =
      LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, status, zero);
  Block *next = builder.createBlock(exit);
  builder.setInsertionPointToEnd(next->getPrevNode());
  LLVM::CondBrOp::create(builder, loc, failed, exit, ValueRange{status}, next,
                         ValueRange());
  builder.setInsertionPointToStart(next);
}

/// Whether a halide_buffer_t can describe `view` of an argument of `function`.
static LogicalResult verifyView(ViewOp view, func::FuncOp function) {
  if (!isa<BlockArgument>(view.getBase()) ||
      view.getBatch() != function.getArguments().back())
    return view.emitOpError("must be of an argument of its function, and of "
                            "the batch that is its last argument");
  if (!HalideBuffers::canDescribe(cast<MemRefType>(view.getType())))
    return view.emitOpError()
           << "must have at most " << HalideBuffers::kMaxRank
           << " dimensions, extents and strides of 32 bits, and elements that "
              "kernels have";
  return success();
}

/// Whether `function` is what cvt-plan-memory leaves.
static LogicalResult verifyFunction(func::FuncOp function) {
  auto outputs = function->getAttrOfType<ArrayAttr>(CvtDialect::kOutputsAttr);
  if (!function->hasAttr(CvtDialect::kArenaAttr) || !outputs ||
      function.getNumArguments() < 3 + outputs.size() ||
      !llvm::hasSingleElement(function.getBody()))
    return function.emitError("is not planned; run cvt-plan-memory first");
  for (Operation &op : function.getBody().front()) {
    if (!isa<LaunchOp, ViewOp, func::ReturnOp>(op))
      return op.emitOpError("is not planned; run cvt-plan-memory first");
    if (auto view = dyn_cast<ViewOp>(op);
        view && failed(verifyView(view, function)))
      return failure();
    if (auto launch = dyn_cast<LaunchOp>(op);
        launch && failed(verifyPlanned(launch)))
      return failure();
  }
  return success();
}

/// Whether `module` holds planned functions and what these refer to, and
/// nothing whose name a lowered function could have.
static LogicalResult verifyModule(ModuleOp module) {
  if (module.getOps<func::FuncOp>().empty())
    return module.emitError("has no function; run cvt-plan-memory first");
  for (Operation &op : *module.getBody()) {
    if (!isa<func::FuncOp, WeightOp, PrepareOp, KernelOp>(op))
      return op.emitOpError("is nothing that cvt-plan-memory leaves");
    if (auto function = dyn_cast<func::FuncOp>(op);
        function && failed(verifyFunction(function)))
      return failure();
  }
  return success();
}

namespace {

struct ConvertCvtToLlvm : cvt::impl::ConvertCvtToLlvmBase<ConvertCvtToLlvm> {
  using ConvertCvtToLlvmBase::ConvertCvtToLlvmBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(verifyModule(module)))
      return signalPassFailure();
    HalideBuffers buffers(module);
    SmallVector<LLVM::LLVMFuncOp> forwards;
    SmallVector<func::FuncOp> lowered(module.getOps<func::FuncOp>());
    // Kernels become external functions of the same name.
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<WeightOp, PrepareOp, KernelOp>(op))
        op.erase();
    for (func::FuncOp function : lowered)
      forwards.push_back(FunctionLowering(module, function, buffers).run());
    for (func::FuncOp function : lowered)
      function.erase();
    module->removeAttr(CvtDialect::kSectionBytesAttr);
    buildProgramTable(module, forwards);
  }
};

} // namespace
