//===- source_model.cpp - A model folder, read and checked ----------------===//

#include "tools/cvt-compile/source_model.h"

#include "frontend/expected_tensors.h"
#include "frontend/shapes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>
#include <tuple>

using namespace cvt;
namespace fs = std::filesystem;

static constexpr int64_t kDefaultImageSize = 224;

/// Where config.json and, for a folder, the other files are.
static llvm::Expected<fs::path> configPath(const CompileOptions &options) {
  fs::path model(options.model);
  std::error_code error;
  fs::file_status status = fs::status(model, error);
  if (!fs::exists(status))
    return llvm::createStringError(
        options.model + ": no such file or folder; expected a model folder "
                        "with config.json");
  if (fs::is_directory(status))
    return model / "config.json";
  if (!options.randomSeed)
    return llvm::createStringError(
        options.model + ": is a file; expected a model folder, or "
                        "--random-weights to compile a config without weights");
  return model;
}

static llvm::Error loadWeights(SourceModel &model) {
  std::string error;
  model.checkpoint = openCheckpoint(model.folder, error);
  if (!model.checkpoint)
    return llvm::createStringError(error);
  TensorMatch match =
      matchTensors(expectedTensors(model.config), *model.checkpoint);
  if (!match.error.empty())
    return llvm::createStringError(match.error);
  model.warning = match.warning;
  return llvm::Error::success();
}

/// Height and width where neither the command line nor a processor says them.
static std::pair<int64_t, int64_t> ownImageSize(const CvtConfig &config) {
  return config.imageSize.value_or(
      std::pair(kDefaultImageSize, kDefaultImageSize));
}

/// The processor's settings, if pictures can be the model's input.
static llvm::Error loadProcessor(const CompileOptions &options,
                                 SourceModel &model) {
  bool tensorsOnly = options.imageSize && !options.imageSize->takesImages;
  if (model.config.numChannels != 3 || tensorsOnly)
    return llvm::Error::success();
  fs::path path = fs::path(model.folder) / "preprocessor_config.json";
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
  std::set<std::string> files = {config.string()};
  if (model.checkpoint)
    for (const auto &[name, tensor] : model.checkpoint->tensors)
      files.insert(tensor.file);
  for (const std::string &file : files)
    if (llvm::Error error = hashFile(hash, file))
      return error;
  if (options.randomSeed)
    hash.update("random:" + std::to_string(*options.randomSeed) + "\n");
  if (model.processor)
    hash.update(toJson(*model.processor).dump());
  model.sha256 = llvm::toHex(hash.final(), /*LowerCase=*/true);
  return llvm::Error::success();
}

llvm::Expected<SourceModel>
cvt::loadSourceModel(const CompileOptions &options) {
  auto config = configPath(options);
  if (!config)
    return config.takeError();
  SourceModel model;
  std::string error;
  std::optional<CvtConfig> parsed = readCvtConfig(*config, error);
  if (!parsed)
    return llvm::createStringError(error);
  model.config = std::move(*parsed);
  model.folder = config->parent_path().string();
  if (llvm::Error failed = loadProcessor(options, model))
    return failed;
  chooseImageSize(options, model);
  if (!validateForImageSize(model.config, model.height, model.width, error))
    return llvm::createStringError(error);
  if (!options.randomSeed)
    if (llvm::Error failed = loadWeights(model))
      return failed;
  if (llvm::Error failed = hashSource(*config, options, model))
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
