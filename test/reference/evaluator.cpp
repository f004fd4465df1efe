//===- evaluator.cpp - Runs @forward of a module in doubles ---------------===//
//
// Op after op: loads the weights that it names, computes, checks that the
// result has the shape that the IR says, forgets what is not used again.
//
//===----------------------------------------------------------------------===//

#include "test/reference/evaluator.h"

#include "test/reference/ops.h"

#include "dialect/CvtDialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <optional>
#include <utility>

using namespace mlir;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

namespace cvt::reference {

namespace {

using Arrays = std::vector<Array>;

class Evaluator {
public:
  Evaluator(ModuleOp module, WeightValues &values)
      : symbols(module), values(values) {}

  Expected<std::vector<Output>> run(func::FuncOp forward, Array pixelValues);

private:
  // Weights.
  Expected<Array> readStored(StringRef symbol);
  Expected<Array> readWeight(StringRef symbol);
  Error loadWeightsOf(Operation &op);

  // One op, whose weights are loaded.  Nothing if the op is of a later phase.
  std::optional<Arrays> compute(Operation &op);
  Array compute(ConvProjectionOp op);
  Arrays compute(DepthwiseConvOp op);
  Array compute(LinearOp op);
  Array reshape(ReshapeOp op);
  Error keep(Operation &op, Arrays results);
  void forgetOperandsOf(Operation &op);

  const Array &in(Value value) const { return activations.at(value); }
  const Array &weight(FlatSymbolRefAttr name) const {
    return weights.at(name.getValue());
  }
  const Array *optionalWeight(FlatSymbolRefAttr name) const {
    return name ? &weight(name) : nullptr;
  }

  SymbolTable symbols;
  WeightValues &values;
  llvm::DenseMap<Value, Array> activations;
  /// Those of the op that is being computed.
  llvm::StringMap<Array> weights;
};

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Expected<Array> Evaluator::readStored(StringRef symbol) {
  auto weight = symbols.lookup<WeightOp>(symbol);
  if (!weight)
    return createStringError("@" + symbol +
                             ": is not a weight of a checkpoint");
  auto floats = values.evaluate(symbol);
  if (!floats)
    return floats.takeError();
  Array array(cast<RankedTensorType>(weight.getType()).getShape().vec());
  std::copy(floats->begin(), floats->end(), array.values.begin());
  return array;
}

/// A weight, or a batch norm folded into one.  Other prepare steps arrange
/// values for kernels, which no op here uses.
Expected<Array> Evaluator::readWeight(StringRef symbol) {
  auto prepare = symbols.lookup<PrepareOp>(symbol);
  if (!prepare)
    return readStored(symbol);
  if (!prepare.getEpsilon())
    return createStringError("@" + symbol + ": " +
                             stringifyPrepareStep(prepare.getStep()) +
                             " is not for ops of the phases import, fuse and "
                             "precision");
  Arrays from;
  for (auto source : prepare.getSources().getAsRange<FlatSymbolRefAttr>()) {
    auto array = readStored(source.getValue());
    if (!array)
      return array.takeError();
    from.push_back(std::move(*array));
  }
  double epsilon = prepare.getEpsilon()->convertToDouble();
  if (prepare.getStep() == PrepareStep::FoldBnWeight)
    return foldBnWeight(from[0], from[1], from[2], epsilon);
  return foldBnBias(from[0], from[1], from[2], from[3], epsilon);
}

Error Evaluator::loadWeightsOf(Operation &op) {
  weights.clear();
  SmallVector<StringRef> names;
  op.getAttrDictionary().walk(
      [&](FlatSymbolRefAttr name) { names.push_back(name.getValue()); });
  for (StringRef name : names) {
    auto array = readWeight(name);
    if (!array)
      return array.takeError();
    weights.try_emplace(name, std::move(*array));
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

template <typename OpT> Window windowOf(OpT op) {
  return {static_cast<int64_t>(op.getKernel()),
          static_cast<int64_t>(op.getStride()),
          static_cast<int64_t>(op.getPadding())};
}

Array activate(Activation function, Array input) {
  switch (function) {
  case Activation::None:
    return input;
  case Activation::Gelu:
    return gelu(std::move(input));
  case Activation::QuickGelu:
    return quickGelu(std::move(input));
  }
  llvm_unreachable("unknown activation");
}

Array Evaluator::compute(ConvProjectionOp op) {
  Array convolved = depthwiseConv(in(op.getInput()), weight(op.getWeightAttr()),
                                  nullptr, windowOf(op));
  return batchNorm(convolved, weight(op.getGammaAttr()),
                   weight(op.getBetaAttr()), weight(op.getMeanAttr()),
                   weight(op.getVarianceAttr()),
                   op.getEpsilon().convertToDouble());
}

Arrays Evaluator::compute(DepthwiseConvOp op) {
  Arrays results;
  for (size_t i = 0; i < op.getWeights().size(); ++i)
    results.push_back(depthwiseConv(
        in(op.getInput()), weight(cast<FlatSymbolRefAttr>(op.getWeights()[i])),
        &weight(cast<FlatSymbolRefAttr>(op.getBiases()[i])),
        {static_cast<int64_t>(op.getKernel()), op.getStrides()[i],
         op.getPaddings()[i]}));
  return results;
}

Array Evaluator::compute(LinearOp op) {
  Array out = activate(op.getActivation(),
                       linear(in(op.getInput()), weight(op.getWeightAttr()),
                              optionalWeight(op.getBiasAttr())));
  return op.getResidual() ? add(std::move(out), in(op.getResidual())) : out;
}

Array Evaluator::reshape(ReshapeOp op) {
  Array out = in(op.getInput());
  int64_t batch = out.extent(0);
  out.shape = cast<RankedTensorType>(op.getType()).getShape().vec();
  out.shape[0] = batch;
  return out;
}

std::optional<Arrays> Evaluator::compute(Operation &op) {
  using Results = std::optional<Arrays>;
  return llvm::TypeSwitch<Operation &, Results>(op)
      .Case([&](ConvEmbedOp op) -> Results {
        const Array &input = in(op.getInput());
        bool isNchw = op.getLayout() == Layout::Nchw;
        return Arrays{convEmbed(
            isNchw ? toNhwc(input) : input, weight(op.getWeightAttr()),
            optionalWeight(op.getBiasAttr()), windowOf(op))};
      })
      .Case([&](LayerNormOp op) -> Results {
        return Arrays{layerNorm(in(op.getInput()), weight(op.getGammaAttr()),
                                weight(op.getBetaAttr()),
                                op.getEpsilon().convertToDouble())};
      })
      .Case([&](ConvProjectionOp op) -> Results { return Arrays{compute(op)}; })
      .Case([&](DepthwiseConvOp op) -> Results { return compute(op); })
      .Case([&](AvgPoolOp op) -> Results {
        return Arrays{avgPool(in(op.getInput()), windowOf(op))};
      })
      .Case([&](LinearOp op) -> Results { return Arrays{compute(op)}; })
      .Case([&](QuantizeOp op) -> Results {
        return Arrays{quantize(in(op.getInput()), kQuantizedTail)};
      })
      .Case([&](AttentionOp op) -> Results {
        return Arrays{attention(in(op.getQuery()), in(op.getKey()),
                                in(op.getValue()),
                                static_cast<int64_t>(op.getHeads()),
                                op.getScale().convertToDouble())};
      })
      .Case([&](GeluOp op) -> Results {
        return Arrays{activate(op.getFunction(), in(op.getInput()))};
      })
      .Case([&](AddOp op) -> Results {
        return Arrays{add(in(op.getLhs()), in(op.getRhs()))};
      })
      .Case([&](TokenMeanOp op) -> Results {
        return Arrays{tokenMean(in(op.getInput()))};
      })
      .Case([&](ToNchwOp op) -> Results {
        return Arrays{toNchw(in(op.getInput()))};
      })
      .Case([&](ReshapeOp op) -> Results { return Arrays{reshape(op)}; })
      .Case([&](ClassTokenOp op) -> Results {
        return Arrays{weight(op.getWeightAttr())};
      })
      .Case([&](PrependClassTokenOp op) -> Results {
        return Arrays{
            prependClassToken(in(op.getClassToken()), in(op.getTokens()))};
      })
      .Case([&](TakeClassTokenOp op) -> Results {
        return Arrays{takeClassToken(in(op.getInput()))};
      })
      .Case([&](DropClassTokenOp op) -> Results {
        return Arrays{dropClassToken(in(op.getInput()))};
      })
      .Default([](Operation &) -> Results { return std::nullopt; });
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Whether an array has the static extents of a type.
bool fits(const Array &array, Type type) {
  ArrayRef<int64_t> extents = cast<RankedTensorType>(type).getShape();
  if (array.shape.size() != extents.size())
    return false;
  for (size_t axis = 0; axis < extents.size(); ++axis)
    if (!ShapedType::isDynamic(extents[axis]) &&
        extents[axis] != array.extent(axis))
      return false;
  return true;
}

/// The dialect infers shapes; that they are those of the results is a check of
/// that inference.
Error Evaluator::keep(Operation &op, Arrays results) {
  for (auto [value, array] : llvm::zip_equal(op.getResults(), results)) {
    if (!fits(array, value.getType()))
      return createStringError("a result of '" + op.getName().getStringRef() +
                               "' does not have the shape of its type");
    activations.try_emplace(value, std::move(array));
  }
  return Error::success();
}

void Evaluator::forgetOperandsOf(Operation &op) {
  for (Value operand : op.getOperands()) {
    auto isDone = [&](Operation *user) {
      return user == &op || user->isBeforeInBlock(&op);
    };
    if (llvm::all_of(operand.getUsers(), isDone))
      activations.erase(operand);
  }
}

Expected<std::vector<Output>> Evaluator::run(func::FuncOp forward,
                                             Array pixelValues) {
  Block &body = forward.getBody().front();
  activations.try_emplace(body.getArgument(0), std::move(pixelValues));
  for (Operation &op : body.without_terminator()) {
    if (Error error = loadWeightsOf(op))
      return error;
    std::optional<Arrays> results = compute(op);
    if (!results)
      return createStringError("'" + op.getName().getStringRef() +
                               "' cannot be evaluated: it is not an op of the "
                               "phases import, fuse and precision");
    if (Error error = keep(op, std::move(*results)))
      return error;
    forgetOperandsOf(op);
  }
  std::vector<Output> outputs;
  auto names = forward->getAttrOfType<ArrayAttr>(CvtDialect::kOutputsAttr);
  for (auto [name, value] :
       llvm::zip_equal(names.getAsValueRange<StringAttr>(),
                       body.getTerminator()->getOperands()))
    outputs.push_back({name.str(), in(value)});
  return outputs;
}

bool isPlainName(Attribute attribute) {
  auto name = dyn_cast<StringAttr>(attribute);
  return name && !name.empty() && !name.getValue().contains('/') &&
         !name.getValue().contains('\0');
}

} // namespace

Expected<func::FuncOp> findForward(ModuleOp module) {
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward || !forward.getBody().hasOneBlock() ||
      forward.getNumArguments() != 1 ||
      !isBatchedTensor(forward.getArgumentTypes()[0], 4))
    return createStringError("the module has no @forward of one block that "
                             "takes pixel values tensor<?xCxHxWxf32>");
  auto names = forward->getAttrOfType<ArrayAttr>(CvtDialect::kOutputsAttr);
  if (!names || !llvm::all_of(names, isPlainName))
    return createStringError("@forward must have a plain name for each of its "
                             "results in " +
                             CvtDialect::kOutputsAttr);
  return forward;
}

Expected<std::vector<Output>>
evaluateForward(ModuleOp module, WeightValues &values, Array pixelValues) {
  auto forward = findForward(module);
  if (!forward)
    return forward.takeError();
  if (!fits(pixelValues, forward->getArgumentTypes()[0]) ||
      pixelValues.extent(0) < 1)
    return createStringError("the pixel values do not have the shape of "
                             "@forward's argument, with at least one image");
  return Evaluator(module, values).run(*forward, std::move(pixelValues));
}

} // namespace cvt::reference
