//===- model_builder.cpp - A config and its weights as a cvt module -------===//

#include "frontend/import/model_builder.h"

#include "frontend/import/weight_symbols.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;
using namespace cvt;

namespace {

/// The linear layers' symbols of one layer or head: a weight and maybe a bias.
struct LinearWeights {
  FlatSymbolRefAttr weight;
  FlatSymbolRefAttr bias;
};

/// Builds the body of @forward from input to outputs.
class ModelBuilder {
public:
  ModelBuilder(MLIRContext &context, const CvtConfig &config,
               const ImportOptions &options);

  OwningOpRef<ModuleOp> build();

private:
  // One function for each box of the paper's figure.
  Value embed(size_t stage, Value map);
  Value layer(size_t stage, int64_t index, Value tokens);
  Value attention(size_t stage, int64_t index, Value tokens);
  Value project(size_t stage, int64_t index, StringRef role, Value map);
  Value mlp(size_t stage, int64_t index, Value tokens);
  Value classify(Value tokens);

  // One op each, with its weights declared.
  Value layerNorm(Value input, const std::string &symbol,
                  const std::string &tensor);
  Value linear(Value input, const LinearWeights &weights);
  Value convProjection(size_t stage, const std::string &symbol,
                       const std::string &tensor, int64_t stride,
                       int64_t padding, Value map);
  LinearWeights declareLinear(const std::string &symbol,
                              const std::string &tensor, bool hasBias = true);

  // Shapes.
  Value toTokens(Value map);
  Value toMap(size_t stage, Value tokens);

  void addOutput(StringRef name, Value value);
  /// "cvt." for classifiers, nothing for a bare CvtModel.
  std::string prefix() const;
  std::string tensorName(size_t stage, int64_t layer) const;
  FloatAttr normEps() {
    return builder.getF32FloatAttr(static_cast<float>(kNormEps));
  }

  const CvtConfig &config;
  OpBuilder builder;
  Location loc;
  OwningOpRef<ModuleOp> module;
  std::vector<StageShape> shapes;
  int64_t height, width;
  Activation activation;
  WeightSymbols weights;
  SmallVector<Value> outputs;
  SmallVector<Attribute> outputNames;
};

} // namespace

ModelBuilder::ModelBuilder(MLIRContext &context, const CvtConfig &config,
                           const ImportOptions &options)
    : config(config), builder(&context), loc(builder.getUnknownLoc()),
      module(ModuleOp::create(loc)), height(options.height),
      width(options.width), activation(options.activation),
      weights(OpBuilder::atBlockEnd(module->getBody()), config, options) {
  std::string error;
  auto valid = validateForImageSize(config, height, width, error);
  assert(valid && "the caller has validated the image size");
  shapes = *valid;
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> ModelBuilder::build() {
  auto pixels = RankedTensorType::get(
      {ShapedType::kDynamic, config.numChannels, height, width},
      builder.getF32Type());
  // Results are known at the end; the function goes behind the weights then.
  auto function = func::FuncOp::create(loc, "forward",
                                       builder.getFunctionType({pixels}, {}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);

  Value map = body->getArgument(0), tokens;
  SmallVector<Value> hiddenStates;
  for (size_t stage = 0; stage < config.stages.size(); ++stage) {
    tokens = embed(stage, map);
    for (int64_t i = 0; i < config.stages[stage].depth; ++i)
      tokens = layer(stage, i, tokens);
    Value patches = tokens;
    if (config.stages[stage].clsToken)
      patches = DropClassTokenOp::create(builder, loc, tokens);
    map = toMap(stage, patches);
    hiddenStates.push_back(map);
  }

  if (config.architecture == Architecture::ImageClassification)
    addOutput("logits", classify(tokens));
  addOutput("last_hidden_state", ToNchwOp::create(builder, loc, map));
  if (config.hasClassToken())
    addOutput("cls_token_value",
              TakeClassTokenOp::create(builder, loc, tokens));
  for (auto [stage, state] : llvm::enumerate(hiddenStates))
    addOutput("hidden_states_" + std::to_string(stage),
              ToNchwOp::create(builder, loc, state));

  func::ReturnOp::create(builder, loc, outputs);
  function.setType(
      builder.getFunctionType({pixels}, TypeRange(ValueRange(outputs))));
  function->setAttr(CvtDialect::kOutputsAttr,
                    builder.getArrayAttr(outputNames));
  module->push_back(function);
  return std::move(module);
}

Value ModelBuilder::embed(size_t stage, Value map) {
  const StageConfig &s = config.stages[stage];
  std::string symbol = "stage" + std::to_string(stage) + ".embed";
  std::string tensor = prefix() + "encoder.stages." + std::to_string(stage) +
                       ".embedding.convolution_embeddings";
  LinearWeights conv = declareLinear(symbol + ".conv", tensor + ".projection");
  Value embedded = ConvEmbedOp::create(
      builder, loc, map, conv.weight, conv.bias,
      LayoutAttr::get(builder.getContext(),
                      stage == 0 ? Layout::Nchw : Layout::Nhwc),
      builder.getI64IntegerAttr(s.embedDim),
      builder.getI64IntegerAttr(s.patchSize),
      builder.getI64IntegerAttr(s.patchStride),
      builder.getI64IntegerAttr(s.patchPadding));
  Value tokens = layerNorm(toTokens(embedded), symbol + ".norm",
                           tensor + ".normalization");
  if (!s.clsToken)
    return tokens;
  FlatSymbolRefAttr learned = weights.declare(
      "stage" + std::to_string(stage) + ".cls_token",
      prefix() + "encoder.stages." + std::to_string(stage) + ".cls_token");
  Value classToken = ClassTokenOp::create(
      builder, loc, learned, builder.getI64IntegerAttr(s.embedDim));
  return PrependClassTokenOp::create(builder, loc, classToken, tokens);
}

static std::string layerSymbol(size_t stage, int64_t index) {
  return "stage" + std::to_string(stage) + ".layer" + std::to_string(index);
}

Value ModelBuilder::layer(size_t stage, int64_t index, Value tokens) {
  std::string symbol = layerSymbol(stage, index);
  std::string tensor = tensorName(stage, index);
  Value normed =
      layerNorm(tokens, symbol + ".norm_before", tensor + ".layernorm_before");
  Value attended = linear(attention(stage, index, normed),
                          declareLinear(symbol + ".attention.output",
                                        tensor + ".attention.output.dense"));
  tokens = AddOp::create(builder, loc, tokens, attended);
  normed =
      layerNorm(tokens, symbol + ".norm_after", tensor + ".layernorm_after");
  return AddOp::create(builder, loc, tokens, mlp(stage, index, normed));
}

Value ModelBuilder::attention(size_t stage, int64_t index, Value tokens) {
  const StageConfig &s = config.stages[stage];
  std::string symbol = layerSymbol(stage, index);
  std::string tensor = tensorName(stage, index) + ".attention.attention";
  Value classToken, patches = tokens;
  if (s.clsToken) {
    classToken = TakeClassTokenOp::create(builder, loc, tokens);
    patches = DropClassTokenOp::create(builder, loc, tokens);
  }
  Value map = toMap(stage, patches);
  SmallVector<Value, 3> projected;
  for (StringRef role : {"query", "key", "value"}) {
    Value input = toTokens(project(stage, index, role, map));
    if (classToken)
      input = PrependClassTokenOp::create(builder, loc, classToken, input);
    projected.push_back(linear(
        input, declareLinear(symbol + "." + role.str() + ".linear",
                             tensor + ".projection_" + role.str(), s.qkvBias)));
  }
  // The scale uses the stage's channels, not those of a head.
  auto scale = static_cast<float>(1 / std::sqrt(double(s.embedDim)));
  return AttentionOp::create(
      builder, loc, projected[0], projected[1], projected[2],
      builder.getI64IntegerAttr(s.numHeads), builder.getF32FloatAttr(scale));
}

/// The map that query, key or value is a linear function of.
Value ModelBuilder::project(size_t stage, int64_t index, StringRef role,
                            Value map) {
  const StageConfig &s = config.stages[stage];
  bool isQuery = role == "query";
  switch (s.projectionMethod) {
  case ProjectionMethod::Linear:
    return map;
  case ProjectionMethod::Avg:
    if (isQuery)
      return map;
    return AvgPoolOp::create(builder, loc, map,
                             builder.getI64IntegerAttr(s.kernelQkv),
                             builder.getI64IntegerAttr(s.strideKv),
                             builder.getI64IntegerAttr(s.paddingKv));
  case ProjectionMethod::DwBn:
    return convProjection(stage, layerSymbol(stage, index) + "." + role.str(),
                          tensorName(stage, index) +
                              ".attention.attention.convolution_projection_" +
                              role.str() + ".convolution_projection",
                          isQuery ? s.strideQ : s.strideKv,
                          isQuery ? s.paddingQ : s.paddingKv, map);
  }
  llvm_unreachable("unknown projection method");
}

Value ModelBuilder::mlp(size_t stage, int64_t index, Value tokens) {
  std::string symbol = layerSymbol(stage, index) + ".mlp";
  std::string tensor = tensorName(stage, index);
  Value hidden = linear(
      tokens, declareLinear(symbol + ".fc1", tensor + ".intermediate.dense"));
  hidden =
      GeluOp::create(builder, loc, hidden,
                     ActivationAttr::get(builder.getContext(), activation));
  return linear(hidden,
                declareLinear(symbol + ".fc2", tensor + ".output.dense"));
}

Value ModelBuilder::classify(Value tokens) {
  Value pooled = tokens;
  if (config.hasClassToken())
    pooled = TakeClassTokenOp::create(builder, loc, tokens);
  pooled = layerNorm(pooled, "head.norm", "layernorm");
  pooled = TokenMeanOp::create(builder, loc, pooled);
  if (config.numLabels() == 0)
    return pooled;
  return linear(pooled, declareLinear("head.classifier", "classifier"));
}

//===----------------------------------------------------------------------===//
// Single ops
//===----------------------------------------------------------------------===//

Value ModelBuilder::layerNorm(Value input, const std::string &symbol,
                              const std::string &tensor) {
  FlatSymbolRefAttr gamma =
      weights.declare(symbol + ".weight", tensor + ".weight");
  FlatSymbolRefAttr beta = weights.declare(symbol + ".bias", tensor + ".bias");
  return LayerNormOp::create(builder, loc, input, gamma, beta, normEps());
}

LinearWeights ModelBuilder::declareLinear(const std::string &symbol,
                                          const std::string &tensor,
                                          bool hasBias) {
  LinearWeights linear;
  linear.weight = weights.declare(symbol + ".weight", tensor + ".weight");
  if (hasBias)
    linear.bias = weights.declare(symbol + ".bias", tensor + ".bias");
  return linear;
}

Value ModelBuilder::linear(Value input, const LinearWeights &linear) {
  auto symbol = SymbolTable::lookupNearestSymbolFrom<WeightOp>(module.get(),
                                                               linear.weight);
  int64_t features = cast<RankedTensorType>(symbol.getType()).getDimSize(0);
  return LinearOp::create(
      builder, loc, input, /*residual=*/Value(), linear.weight, linear.bias,
      builder.getI64IntegerAttr(features),
      ActivationAttr::get(builder.getContext(), Activation::None));
}

Value ModelBuilder::convProjection(size_t stage, const std::string &symbol,
                                   const std::string &tensor, int64_t stride,
                                   int64_t padding, Value map) {
  FlatSymbolRefAttr conv =
      weights.declare(symbol + ".conv.weight", tensor + ".convolution.weight");
  auto norm = [&](const char *name, const char *part) {
    return weights.declare(symbol + ".norm." + name,
                           tensor + ".normalization." + part);
  };
  FlatSymbolRefAttr gamma = norm("weight", "weight");
  FlatSymbolRefAttr beta = norm("bias", "bias");
  FlatSymbolRefAttr mean = norm("mean", "running_mean");
  FlatSymbolRefAttr variance = norm("variance", "running_var");
  return ConvProjectionOp::create(
      builder, loc, map, conv, gamma, beta, mean, variance,
      builder.getI64IntegerAttr(config.stages[stage].kernelQkv),
      builder.getI64IntegerAttr(stride), builder.getI64IntegerAttr(padding),
      normEps());
}

//===----------------------------------------------------------------------===//
// Shapes and names
//===----------------------------------------------------------------------===//

Value ModelBuilder::toTokens(Value map) {
  auto type = cast<RankedTensorType>(map.getType());
  auto tokens = RankedTensorType::get({ShapedType::kDynamic,
                                       type.getDimSize(1) * type.getDimSize(2),
                                       type.getDimSize(3)},
                                      type.getElementType());
  return ReshapeOp::create(builder, loc, tokens, map);
}

Value ModelBuilder::toMap(size_t stage, Value tokens) {
  const MapSize &size = shapes[stage].map;
  auto type = cast<RankedTensorType>(tokens.getType());
  auto map = RankedTensorType::get(
      {ShapedType::kDynamic, size.height, size.width, type.getDimSize(2)},
      type.getElementType());
  return ReshapeOp::create(builder, loc, map, tokens);
}

void ModelBuilder::addOutput(StringRef name, Value value) {
  outputs.push_back(value);
  outputNames.push_back(builder.getStringAttr(name));
}

std::string ModelBuilder::prefix() const {
  return config.architecture == Architecture::ImageClassification ? "cvt." : "";
}

std::string ModelBuilder::tensorName(size_t stage, int64_t layer) const {
  return prefix() + "encoder.stages." + std::to_string(stage) + ".layers." +
         std::to_string(layer);
}

OwningOpRef<ModuleOp> cvt::buildModel(MLIRContext &context,
                                      const CvtConfig &config,
                                      const ImportOptions &options) {
  return ModelBuilder(context, config, options).build();
}

std::vector<std::string> cvt::defaultOutputs(const CvtConfig &config) {
  if (config.architecture == Architecture::ImageClassification)
    return {"logits"};
  if (config.hasClassToken())
    return {"last_hidden_state", "cls_token_value"};
  return {"last_hidden_state"};
}
