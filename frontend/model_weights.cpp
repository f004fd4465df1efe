//===- model_weights.cpp - The weights of a model, fitted to its config ---===//

#include "frontend/model_weights.h"

#include "frontend/tensor_names.h"

namespace fs = std::filesystem;

namespace cvt {

std::optional<ModelWeights> openWeights(const fs::path &place,
                                        std::string &error) {
  std::error_code ignored;
  std::optional<Checkpoint> checkpoint = fs::is_directory(place, ignored)
                                             ? openCheckpoint(place, error)
                                             : openCheckpointFile(place, error);
  if (!checkpoint)
    return std::nullopt;
  bool isOriginal = translateOriginalNames(*checkpoint);
  return ModelWeights{std::move(*checkpoint), isOriginal};
}

WeightFit fitWeights(const CvtConfig &config, const DrawRules &rules,
                     ModelWeights &weights) {
  adaptNames(config, weights.checkpoint);
  std::vector<ExpectedTensor> expected = expectedTensors(config);
  WeightFit fit;
  std::string drawn = dropDrawn(rules, expected, weights.checkpoint);
  fit.match = matchTensors(expected, weights.checkpoint);
  for (const std::string &warning : {drawn, fit.match.warning})
    if (!warning.empty())
      fit.warnings.push_back(warning);
  return fit;
}

} // namespace cvt
