//===- cvt_to_kernels.cpp - Choose a kernel for every op ------------------===//

#include "compiler/conversion/cvt_to_kernels/kernel_launcher.h"
#include "compiler/conversion/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace cvt {
#define GEN_PASS_DEF_CONVERTCVTTOKERNELS
#include "compiler/conversion/Passes.h.inc"
} // namespace cvt

using namespace mlir;
using namespace cvt;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static kernels::Activation toKernel(Activation activation) {
  switch (activation) {
  case Activation::None:
    return kernels::Activation::None;
  case Activation::Gelu:
    return kernels::Activation::Gelu;
  case Activation::QuickGelu:
    return kernels::Activation::QuickGelu;
  }
  llvm_unreachable("unknown activation");
}

/// The format that `op` multiplies in: f32 before formats are assigned.
static Format formatOf(Operation *op) {
  auto format = op->getAttrOfType<FormatAttr>(CvtDialect::kFormatAttr);
  return format ? format.getValue() : Format::F32;
}

// What the dialect and the kernels each say of bytes is the same.
static_assert(kQuantizedTail == kernels::kQuantizedTail);
static_assert(kMaxI8Terms == kernels::kMaxByteProducts);

static kernels::Element toKernel(Format format) {
  switch (format) {
  case Format::F32:
    return kernels::Element::F32;
  case Format::Bf16:
    return kernels::Element::Bf16;
  case Format::I8:
    return kernels::Element::I8;
  }
  llvm_unreachable("unknown format");
}

/// What `op` multiplies in, reads first and writes first.
static kernels::Formats formatsOf(Operation *op) {
  return {toKernel(formatOf(op)), elementOf(op->getOperand(0)),
          elementOf(op->getResult(0))};
}

namespace {

/// Lowers the ops of one function for one target.  Every function below makes
/// one op's spec and operands, in the order that kernel_spec.h gives.
class OpLowering {
public:
  OpLowering(KernelLauncher &launcher, kernels::CpuTarget target,
             IRRewriter &rewriter)
      : launcher(launcher), target(target), rewriter(rewriter) {}

  LogicalResult lower(Operation *op);

private:
  using Operands = SmallVector<Value>;

  LogicalResult lowerLinear(LinearOp op);
  LogicalResult lowerConvEmbed(ConvEmbedOp op);
  LogicalResult lowerDepthwiseConv(DepthwiseConvOp op);
  LogicalResult lowerAvgPool(AvgPoolOp op);
  LogicalResult lowerAttention(AttentionOp op);
  LogicalResult lowerLayerNorm(LayerNormOp op);
  LogicalResult lowerClassToken(ClassTokenOp op);
  LogicalResult lowerTokens(Operation *op, kernels::KernelSpec spec);

  LogicalResult replace(Operation *op, const kernels::KernelSpec &spec,
                        ValueRange inputs);

  KernelLauncher &launcher;
  kernels::CpuTarget target;
  IRRewriter &rewriter;
};

} // namespace

LogicalResult OpLowering::replace(Operation *op,
                                  const kernels::KernelSpec &spec,
                                  ValueRange inputs) {
  auto results = launcher.launch(rewriter, op->getLoc(), spec, inputs,
                                 op->getResultTypes());
  if (failed(results))
    return failure();
  rewriter.replaceOp(op, *results);
  return success();
}

LogicalResult OpLowering::lowerLinear(LinearOp op) {
  kernels::LinearSpec linear;
  linear.n = op.getFeatures();
  linear.k = numbersPerRow(op.getInput());
  linear.m = rowsPerImage(op.getInput());
  linear.bias = op.getBiasAttr() != nullptr;
  linear.residual = op.getResidual() != nullptr;
  linear.activation = toKernel(op.getActivation());
  kernels::KernelSpec spec{linear, target, formatsOf(op)};
  int64_t width = kernels::packedPanelWidth(spec);
  Operands inputs = {op.getInput(),
                     launcher.panels(rewriter, op.getLoc(), op.getWeightAttr(),
                                     width, PrepareStep::PackPanels,
                                     spec.formats.math, target)};
  if (formatOf(op) == Format::I8)
    for (PrepareStep step : {PrepareStep::RowScales, PrepareStep::RowSums})
      inputs.push_back(launcher.ofRows(rewriter, op.getLoc(),
                                       op.getWeightAttr(), width, step));
  if (linear.bias)
    inputs.push_back(
        launcher.paddedBias(rewriter, op.getLoc(), op.getBiasAttr(), width));
  if (linear.residual)
    inputs.push_back(op.getResidual());
  return replace(op, spec, inputs);
}

LogicalResult OpLowering::lowerConvEmbed(ConvEmbedOp op) {
  bool isNchw = op.getLayout() == Layout::Nchw;
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  kernels::ConvSpec conv;
  conv.layout =
      isNchw ? kernels::ImageLayout::Nchw : kernels::ImageLayout::Nhwc;
  conv.channels = shape[isNchw ? 1 : 3];
  conv.height = shape[isNchw ? 2 : 1];
  conv.width = shape[isNchw ? 3 : 2];
  conv.n = op.getChannels();
  conv.kernel = op.getKernel();
  conv.stride = op.getStride();
  conv.padding = op.getPadding();
  conv.bias = op.getBiasAttr() != nullptr;
  kernels::KernelSpec spec{conv, target, formatsOf(op)};
  const bool isQuantized = spec.formats.math == kernels::Element::I8;
  int64_t width = kernels::packedPanelWidth(spec);
  FlatSymbolRefAttr weight = op.getWeightAttr();
  // Pairs are of neighbours in x.
  if (isNchw)
    weight = launcher.paddedTaps(
        weight, kernels::interleave(spec.formats.math, target));
  Operands inputs = {
      op.getInput(),
      launcher.panels(
          rewriter, op.getLoc(), weight, width,
          isNchw ? PrepareStep::PackPanels : PrepareStep::PackPanelsNhwc,
          isQuantized ? kernels::Element::U8 : spec.formats.math, target)};
  if (isQuantized)
    inputs.push_back(launcher.ofRows(rewriter, op.getLoc(), op.getWeightAttr(),
                                     width, PrepareStep::RowScales));
  if (conv.bias)
    inputs.push_back(
        launcher.paddedBias(rewriter, op.getLoc(), op.getBiasAttr(), width));
  return replace(op, spec, inputs);
}

LogicalResult OpLowering::lowerDepthwiseConv(DepthwiseConvOp op) {
  kernels::DepthwiseConvSpec conv;
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  conv.height = shape[1];
  conv.width = shape[2];
  conv.channels = shape[3];
  conv.kernel = op.getKernel();
  for (auto [stride, padding] :
       llvm::zip_equal(op.getStrides(), op.getPaddings()))
    conv.outputs.push_back({stride, padding});
  Operands inputs = {op.getInput()};
  for (auto [weight, bias] : llvm::zip_equal(op.getWeights(), op.getBiases())) {
    inputs.push_back(
        launcher.taps(rewriter, op.getLoc(), cast<FlatSymbolRefAttr>(weight)));
    inputs.push_back(
        launcher.weight(rewriter, op.getLoc(), cast<FlatSymbolRefAttr>(bias)));
  }
  return replace(op, {conv, target, formatsOf(op)}, inputs);
}

LogicalResult OpLowering::lowerAvgPool(AvgPoolOp op) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  kernels::AvgPoolSpec pool;
  pool.height = shape[1];
  pool.width = shape[2];
  pool.channels = shape[3];
  pool.kernel = op.getKernel();
  pool.stride = op.getStride();
  pool.padding = op.getPadding();
  return replace(op, {pool, target, formatsOf(op)}, op.getInput());
}

LogicalResult OpLowering::lowerAttention(AttentionOp op) {
  kernels::AttentionSpec attention;
  attention.heads = op.getHeads();
  attention.headDim = channelsOf(op.getQuery()) / op.getHeads();
  attention.queries = rowsPerImage(op.getQuery());
  attention.keys = rowsPerImage(op.getKey());
  attention.scale = op.getScale().convertToFloat();
  return replace(op, {attention, target, formatsOf(op)},
                 {op.getQuery(), op.getKey(), op.getValue()});
}

LogicalResult OpLowering::lowerLayerNorm(LayerNormOp op) {
  kernels::LayerNormSpec norm;
  norm.channels = channelsOf(op.getInput());
  norm.tokens = rowsPerImage(op.getInput());
  norm.epsilon = op.getEpsilon().convertToFloat();
  Value gamma = launcher.weight(rewriter, op.getLoc(), op.getGammaAttr());
  Value beta = launcher.weight(rewriter, op.getLoc(), op.getBetaAttr());
  return replace(op, {norm, target, formatsOf(op)},
                 {op.getInput(), gamma, beta});
}

/// The learned class token is a weight; prepending it copies it.
LogicalResult OpLowering::lowerClassToken(ClassTokenOp op) {
  rewriter.replaceOp(
      op, launcher.weight(rewriter, op.getLoc(), op.getWeightAttr()));
  return success();
}

LogicalResult OpLowering::lowerTokens(Operation *op, kernels::KernelSpec spec) {
  spec.formats = formatsOf(op);
  std::visit(
      [&](auto &family) {
        if constexpr (requires { family.tokens; }) {
          family.channels = channelsOf(op->getOperand(0));
          family.tokens = rowsPerImage(op->getOperand(0));
        }
      },
      spec.family);
  return replace(op, spec, op->getOperands());
}

LogicalResult OpLowering::lower(Operation *op) {
  using kernels::ElementwiseOp;
  rewriter.setInsertionPoint(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](LinearOp op) { return lowerLinear(op); })
      .Case([&](ConvEmbedOp op) { return lowerConvEmbed(op); })
      .Case([&](DepthwiseConvOp op) { return lowerDepthwiseConv(op); })
      .Case([&](AvgPoolOp op) { return lowerAvgPool(op); })
      .Case([&](AttentionOp op) { return lowerAttention(op); })
      .Case([&](LayerNormOp op) { return lowerLayerNorm(op); })
      .Case([&](ClassTokenOp op) { return lowerClassToken(op); })
      .Case([&](QuantizeOp op) {
        return lowerTokens(op, {kernels::QuantizeSpec{}, target});
      })
      .Case([&](AddOp op) {
        return lowerTokens(
            op, {kernels::ElementwiseSpec{ElementwiseOp::Add}, target});
      })
      .Case([&](GeluOp op) {
        bool isQuick = op.getFunction() == Activation::QuickGelu;
        return lowerTokens(
            op, {kernels::ElementwiseSpec{isQuick ? ElementwiseOp::QuickGelu
                                                  : ElementwiseOp::Gelu},
                 target});
      })
      .Case([&](TokenMeanOp op) {
        return lowerTokens(op, {kernels::TokenMeanSpec{}, target});
      })
      .Case([&](ToNchwOp op) {
        return lowerTokens(op, {kernels::ToNchwSpec{}, target});
      })
      .Case<ReshapeOp, PrependClassTokenOp, TakeClassTokenOp, DropClassTokenOp,
            func::ReturnOp>([](Operation *) { return success(); })
      .Default([](Operation *op) {
        return op->emitOpError("has no kernel; run the fuse phase first");
      });
}

namespace {

struct ConvertCvtToKernels
    : cvt::impl::ConvertCvtToKernelsBase<ConvertCvtToKernels> {
  using ConvertCvtToKernelsBase::ConvertCvtToKernelsBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward) {
      getOperation().emitError("has no function @forward");
      return signalPassFailure();
    }
    if (forward.isDeclaration()) {
      forward.emitError("has no body");
      return signalPassFailure();
    }
    if (failed(verifyReturned(forward)))
      return signalPassFailure();
    if (targets.empty()) {
      forward.emitError("targets names no CPU target to have kernels for");
      return signalPassFailure();
    }
    KernelLauncher launcher(getOperation());
    for (const std::string &name : targets)
      if (failed(convert(forward, name, launcher)))
        return signalPassFailure();
    forward.erase();
    kernelCount = launcher.kernelCount();
  }

private:
  /// Whether kernels can write what `forward` returns.
  static LogicalResult verifyReturned(func::FuncOp forward) {
    if (!forward.getBody().hasOneBlock() ||
        !isa<func::ReturnOp>(forward.front().getTerminator()))
      return forward.emitError("must be one block that ends in func.return");
    for (Type type : forward.getResultTypes()) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || tensor.getRank() < 2 ||
          !isBatchedTensor(tensor, tensor.getRank()) ||
          !(tensor.getElementType().isF32() ||
            tensor.getElementType().isBF16()))
        return forward.emitError()
               << "returns " << type
               << ", expected f32 or bf16 tensors of ? images, whose other "
                  "extents are known";
    }
    return success();
  }

  LogicalResult convert(func::FuncOp forward, const std::string &name,
                        KernelLauncher &launcher) {
    auto target = kernels::parseCpuTarget(name);
    if (!target)
      return forward.emitError() << "unknown CPU target '" << name << "'";
    std::string symbol =
        "forward_" + std::string(kernels::cpuTargetInfo(*target).symbolSuffix);
    if (getOperation().lookupSymbol(symbol))
      return forward.emitError()
             << "there is a symbol @" << symbol << " already";
    func::FuncOp function = forward.clone();
    function.setName(symbol);
    function->setAttr(CvtDialect::kTargetAttr,
                      StringAttr::get(&getContext(), name));
    getOperation().push_back(function);

    IRRewriter rewriter(&getContext());
    OpLowering lowering(launcher, *target, rewriter);
    SmallVector<Operation *> ops;
    for (Operation &op : function.getBody().front())
      ops.push_back(&op);
    for (Operation *op : ops)
      if (failed(lowering.lower(op)))
        return failure();
    auto inserted = insertViewCopies(function, launcher, *target);
    if (failed(inserted))
      return failure();
    copyCount += *inserted;
    return success();
  }
};

} // namespace
