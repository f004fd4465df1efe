//===- source_model.cpp - A model folder, read and checked ----------------===//

#include "tools/cvt-compile/source_model.h"

#include "frontend/hub_cache.h"
#include "frontend/model_weights.h"
#include "frontend/shapes.h"
#include "frontend/tensor_names.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <tuple>

using namespace cvt;
namespace fs = std::filesystem;

static constexpr int64_t kDefaultImageSize = 224;

namespace {

/// Where a model is: in a folder or a file of the user's or, if there is none
/// of that name, in Hugging Face's cache.
struct ModelPlace {
  fs::path config;
  /// Empty: not from the cache.
  std::string hubName;
};

} // namespace

static llvm::Expected<ModelPlace> findModel(const CompileOptions &options) {
  const std::string &name = options.model;
  std::error_code ignored;
  fs::file_status status = fs::status(name, ignored);
  if (fs::is_directory(status))
    return ModelPlace{fs::path(name) / "config.json", ""};
  if (fs::exists(status)) {
    if (options.randomSeed || !options.weights.empty())
      return ModelPlace{name, ""};
    return llvm::createStringError(
        name + ": is a file; expected a model folder, or --random-weights or "
               "--weights=FILE to compile a config");
  }
  if (!isHubName(name))
    return llvm::createStringError(name +
                                   ": no such file or folder; expected a model "
                                   "folder with config.json");
  std::string error;
  std::optional<fs::path> snapshot = findInHubCache(name, error);
  if (!snapshot)
    return llvm::createStringError(error);
  return ModelPlace{*snapshot / "config.json", name};
}

/// A bare model has what is asked for, or the error says what it has.
static llvm::Error acceptMissingHead(const CompileOptions &options,
                                     const Checkpoint &checkpoint,
                                     CvtConfig &config) {
  bool wantsLogits =
      options.outputs.empty() || llvm::is_contained(options.outputs, "logits");
  if (wantsLogits)
    return llvm::createStringError(
        checkpoint.name +
        ": has no classifier (layernorm.weight, classifier.weight): it is of a "
        "bare CvtModel; compile it with --outputs=last_hidden_state,"
        "cls_token_value, or set architectures to [\"CvtModel\"] in " +
        config.file + ", or let --init-missing draw a classifier at random");
  config.architecture = Architecture::Model;
  return llvm::Error::success();
}

/// What else could be done about weights that do not fit.
static std::string suggestDrawing(const TensorMatch &match) {
  std::string text;
  if (match.lacksSome)
    text += "; --init-missing draws weights that are missing at random";
  if (match.hasOtherShapes)
    text += "; --ignore-mismatched-sizes draws weights of another shape at "
            "random";
  return text;
}

static llvm::Error loadWeights(const CompileOptions &options,
                               const ModelPlace &place, SourceModel &model) {
  std::string error;
  bool isModelsOwn = options.weights.empty();
  fs::path path =
      isModelsOwn ? place.config.parent_path() : fs::path(options.weights);
  std::optional<ModelWeights> weights = openWeights(path, error);
  if (!weights && isModelsOwn && !place.hubName.empty())
    error += "; download it anew: " + downloadCommand(place.hubName);
  if (!weights)
    return llvm::createStringError(error);
  std::error_code ignored;
  model.folder =
      (fs::is_directory(path, ignored) ? path : path.parent_path()).string();
  if (weights->isOriginal)
    model.activation = Activation::QuickGelu;
  if (model.config.architecture == Architecture::ImageClassification &&
      lacksHead(weights->checkpoint) && !options.initMissing)
    if (llvm::Error failed =
            acceptMissingHead(options, weights->checkpoint, model.config))
      return failed;
  WeightFit fit = fitWeights(model.config,
                             {.missing = options.initMissing,
                              .otherShapes = options.ignoreMismatchedSizes},
                             *weights);
  if (!fit.match.error.empty())
    return llvm::createStringError(fit.match.error + suggestDrawing(fit.match));
  model.checkpoint = std::move(weights->checkpoint);
  for (std::string &warning : fit.warnings)
    model.warnings.push_back(std::move(warning));
  return llvm::Error::success();
}

/// Height and width where neither the command line nor a processor says them.
static std::pair<int64_t, int64_t> ownImageSize(const CvtConfig &config) {
  return config.imageSize.value_or(
      std::pair(kDefaultImageSize, kDefaultImageSize));
}

/// The processor's settings, if pictures can be the model's input.
static llvm::Error loadProcessor(const CompileOptions &options,
                                 const fs::path &folder, SourceModel &model) {
  bool tensorsOnly = options.imageSize && !options.imageSize->takesImages;
  if (model.config.numChannels != 3 || tensorsOnly)
    return llvm::Error::success();
  fs::path path = folder / "preprocessor_config.json";
  std::error_code ignored;
  std::string error;
  if (fs::exists(path, ignored)) {
    model.processor = readProcessorConfig(path, error);
    if (!model.processor)
      return llvm::createStringError(error);
  } else {
    // The defaults of Hugging Face's class, for the model's own size; there
    // are pictures of squares only.
    auto [height, width] = ownImageSize(model.config);
    if (!options.imageSize && height != width)
      return llvm::Error::success();
    if (!options.randomSeed && options.emit != Emit::Safetensors)
      model.warnings.push_back(
          path.string() +
          ": no such file; pictures are processed as by the defaults of "
          "ConvNextImageProcessor, with which the model may not be trained");
    model.processor.emplace();
    if (!options.imageSize &&
        !setProcessorSize(*model.processor, height, error))
      return llvm::createStringError(error);
  }
  if (options.imageSize &&
      !setProcessorSize(*model.processor, options.imageSize->height, error))
    return llvm::createStringError(error);
  return llvm::Error::success();
}

static void chooseImageSize(const CompileOptions &options, SourceModel &model) {
  if (options.imageSize) {
    model.height = options.imageSize->height;
    model.width = options.imageSize->width;
    return;
  }
  std::tie(model.height, model.width) = ownImageSize(model.config);
  if (model.processor)
    model.height = model.width = model.processor->size;
}

/// Adds a file's bytes; `name` separates it from its neighbours.
static llvm::Error hashFile(llvm::SHA256 &hash, const fs::path &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path.string(), /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path.string() + ": " +
                                   buffer.getError().message());
  hash.update(path.filename().string() + ":" +
              std::to_string((*buffer)->getBufferSize()) + "\n");
  hash.update((*buffer)->getBuffer());
  return llvm::Error::success();
}

static llvm::Error hashSource(const fs::path &config,
                              const CompileOptions &options,
                              SourceModel &model) {
  llvm::SHA256 hash;
  if (llvm::Error error = hashFile(hash, config))
    return error;
  if (model.checkpoint)
    for (const std::string &file : model.checkpoint->files())
      if (llvm::Error error = hashFile(hash, file))
        return error;
  if (options.randomSeed)
    hash.update("random:" + std::to_string(*options.randomSeed) + "\n");
  hash.update("activation:" + stringifyActivation(model.activation).str() +
              "\n");
  if (model.processor)
    hash.update(toJson(*model.processor).dump());
  model.sha256 = llvm::toHex(hash.final(), /*LowerCase=*/true);
  return llvm::Error::success();
}

llvm::Expected<SourceModel>
cvt::loadSourceModel(const CompileOptions &options) {
  auto place = findModel(options);
  if (!place)
    return place.takeError();
  SourceModel model;
  std::string error;
  std::optional<CvtConfig> parsed = readCvtConfig(place->config, error);
  if (!parsed)
    return llvm::createStringError(error);
  model.config = std::move(*parsed);
  if (llvm::Error failed =
          loadProcessor(options, place->config.parent_path(), model))
    return failed;
  chooseImageSize(options, model);
  if (!validateForImageSize(model.config, model.height, model.width, error))
    return llvm::createStringError(error);
  if (!options.randomSeed)
    if (llvm::Error failed = loadWeights(options, *place, model))
      return failed;
  if (!options.activation.empty())
    model.activation = *symbolizeActivation(options.activation);
  if (llvm::Error failed = hashSource(place->config, options, model))
    return failed;
  return model;
}

/// The same document in LLVM's representation.
template <typename Json> static llvm::json::Value toLlvm(const Json &value) {
  return llvm::cantFail(llvm::json::parse(value.dump()));
}

ModelFacts cvt::factsOf(const SourceModel &model,
                        const CompileOptions &options) {
  ModelFacts facts;
  facts.architecture =
      model.config.architecture == Architecture::ImageClassification
          ? "CvtForImageClassification"
          : "CvtModel";
  facts.activation = stringifyActivation(model.activation).str();
  facts.sourceSha256 = model.sha256;
  facts.config = toLlvm(toJson(model.config));
  if (model.config.architecture == Architecture::ImageClassification)
    facts.labels = model.config.labels;
  facts.problemType = model.config.problemType;
  if (model.processor)
    facts.imageProcessor = toLlvm(toJson(*model.processor));
  facts.maxBatch = options.maxBatch;
  facts.precision = options.precision;
  facts.inputShape = {-1, model.config.numChannels, model.height, model.width};
  return facts;
}
