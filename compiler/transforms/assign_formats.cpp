//===- assign_formats.cpp - Sets the number format of each op -------------===//
//
// A narrow op multiplies narrow operands, so its input must be stored so.  One
// value is stored in one format, and with it all values that views make of it:
// these are decided together, and what can not be narrow keeps its readers
// from it as well.
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_ASSIGNFORMATSPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

using namespace cvt;

/// As many inputs multiply side by side at most, on any target: formats do not
/// depend on targets.
static constexpr int64_t kBf16Interleave = 2;
static constexpr int64_t kI8Interleave = 4;

static Format formatOf(Operation *op) {
  return op->getAttrOfType<FormatAttr>(CvtDialect::kFormatAttr).getValue();
}

static void setFormat(Operation *op, Format format) {
  op->setAttr(CvtDialect::kFormatAttr,
              FormatAttr::get(op->getContext(), format));
}

/// Whether `op` has kernels that multiply in bf16: linear layers and attention
/// given bf16 inputs, and convolutions, which round their input themselves: of
/// pictures they pair neighbours in a row, so that any number of channels does.
static bool canMultiplyNarrow(Operation *op) {
  if (auto attention = dyn_cast<AttentionOp>(op))
    return channelsOf(attention.getQuery()) / attention.getHeads() %
               kBf16Interleave ==
           0;
  if (!isa<LinearOp, ConvEmbedOp>(op))
    return false;
  if (auto conv = dyn_cast<ConvEmbedOp>(op);
      conv && conv.getLayout() == Layout::Nchw)
    return true;
  return channelsOf(op->getOperand(0)) % kBf16Interleave == 0;
}

/// Whether `op` has kernels that round their results to bf16.
static bool canWriteNarrow(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return formatOf(op) != Format::F32 && !linear.getResidual();
  return isa<LayerNormOp, DepthwiseConvOp, AttentionOp>(op);
}

/// Whether the reader of `operand` has kernels that take it as bf16.
static bool canReadNarrow(OpOperand &operand) {
  Operation *op = operand.getOwner();
  if (auto linear = dyn_cast<LinearOp>(op))
    return formatOf(op) == Format::Bf16 && operand.get() == linear.getInput() &&
           operand.get() != linear.getResidual();
  return isa<DepthwiseConvOp, AttentionOp, QuantizeOp>(op);
}

static bool isView(Operation *op) {
  return isa<ReshapeOp, PrependClassTokenOp, TakeClassTokenOp,
             DropClassTokenOp>(op);
}

namespace {

/// Which values of a function are stored in bf16.
class Storage {
public:
  explicit Storage(func::FuncOp function);

  bool isNarrow(Value value) const {
    return narrow.contains(classes.getLeaderValue(value.getAsOpaquePointer()));
  }
  /// Gives narrow values their type.
  void apply();

private:
  using Class = const void *;
  void join(ValueRange values);
  bool canBeNarrow(Value value) const;

  SetVector<Value> values;
  llvm::EquivalenceClasses<Class> classes;
  llvm::DenseSet<Class> narrow;
};

} // namespace

Storage::Storage(func::FuncOp function) {
  function.walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      values.insert(operand);
    for (Value result : op->getResults())
      values.insert(result);
  });
  for (Value value : values)
    classes.insert(value.getAsOpaquePointer());
  function.walk([&](Operation *op) {
    // A kernel has one format for all that it reads, and one for its results.
    if (isView(op) || isa<AttentionOp>(op))
      join(op->getOperands());
    if (isView(op))
      join({op->getOperand(0), op->getResult(0)});
    join(op->getResults());
  });
  for (Value value : values)
    narrow.insert(classes.getLeaderValue(value.getAsOpaquePointer()));
  for (Value value : values)
    if (!canBeNarrow(value))
      narrow.erase(classes.getLeaderValue(value.getAsOpaquePointer()));
}

void Storage::join(ValueRange joined) {
  for (Value value : joined)
    classes.unionSets(joined.front().getAsOpaquePointer(),
                      value.getAsOpaquePointer());
}

/// As far as those go who write and read `value` themselves.
bool Storage::canBeNarrow(Value value) const {
  Operation *writer = value.getDefiningOp();
  if (!writer || (!isView(writer) && !canWriteNarrow(writer)))
    return false;
  return llvm::all_of(value.getUses(), [](OpOperand &use) {
    return isView(use.getOwner()) || canReadNarrow(use);
  });
}

void Storage::apply() {
  for (Value value : values) {
    if (!isNarrow(value))
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    value.setType(type.clone(BFloat16Type::get(type.getContext())));
  }
}

/// Whether sums over `channels`, and others of `terms` products, can be of
/// bytes.
static bool fitsBytes(int64_t channels, int64_t terms = 0) {
  return channels % kI8Interleave == 0 &&
         std::max(channels, terms) <= kMaxI8Terms;
}

/// Quantizes the inputs of all linear layers that can take them so, each value
/// once.
static void quantizeInputs(func::FuncOp function) {
  llvm::DenseMap<Value, Value> quantized;
  function.walk([&](LinearOp op) {
    if (!fitsBytes(channelsOf(op.getInput())))
      return;
    OpBuilder builder(op);
    Value &known = quantized[op.getInput()];
    if (!known)
      known = QuantizeOp::create(builder, op.getLoc(), op.getInput());
    op.getInputMutable().assign(known);
  });
}

/// Multiplies in bf16 whatever can and is not quantized, which depends on what
/// is stored in bf16, which depends on who multiplies in it: starts with all
/// and takes back.
static void assignBf16(func::FuncOp function) {
  SmallVector<Operation *> readers;
  function.walk([&](Operation *op) {
    if (!op->hasTrait<GraphOp>())
      return;
    setFormat(op, canMultiplyNarrow(op) ? Format::Bf16 : Format::F32);
    auto linear = dyn_cast<LinearOp>(op);
    if (linear && linear.getInput().getDefiningOp<QuantizeOp>())
      setFormat(op, Format::I8);
    else if (isa<LinearOp, AttentionOp>(op))
      readers.push_back(op);
  });
  while (true) {
    Storage storage(function);
    bool changed = false;
    for (Operation *op : readers)
      if (formatOf(op) == Format::Bf16 &&
          !storage.isNarrow(op->getOperand(0))) {
        setFormat(op, Format::F32);
        changed = true;
      }
    if (!changed)
      return storage.apply();
  }
}

/// Lets attention and convolutions that multiply in bf16 do so in 8 bits, where
/// they can: they round their inputs themselves.
static void quantizeInside(func::FuncOp function) {
  function.walk([&](Operation *op) {
    bool fits = false;
    if (auto attention = dyn_cast<AttentionOp>(op))
      fits = fitsBytes(channelsOf(attention.getQuery()) / attention.getHeads(),
                       rowsPerImage(attention.getKey()));
    else if (auto conv = dyn_cast<ConvEmbedOp>(op))
      fits = conv.getLayout() == Layout::Nhwc &&
             fitsBytes(channelsOf(conv.getInput()));
    if (fits && formatOf(op) == Format::Bf16)
      setFormat(op, Format::I8);
  });
}

namespace {

struct AssignFormats : cvt::impl::AssignFormatsPassBase<AssignFormats> {
  using AssignFormatsPassBase::AssignFormatsPassBase;

  void runOnOperation() override {
    WalkResult known = getOperation().walk([](Operation *op) {
      if (!op->hasAttr(CvtDialect::kFormatAttr))
        return WalkResult::advance();
      op->emitOpError("has a number format already");
      return WalkResult::interrupt();
    });
    if (known.wasInterrupted())
      return signalPassFailure();
    getOperation().walk([&](func::FuncOp function) {
      switch (format) {
      case Format::F32:
        function.walk([&](Operation *op) {
          if (op->hasTrait<GraphOp>())
            setFormat(op, format);
        });
        break;
      case Format::Bf16:
        assignBf16(function);
        break;
      case Format::I8:
        quantizeInputs(function);
        assignBf16(function);
        quantizeInside(function);
        break;
      }
    });
  }
};

} // namespace
