//===- model_weights.h - The weights of a model, fitted to its config -----===//
//
// From a place on disk to a checkpoint that has just the tensors which the
// config needs, under their names.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_MODEL_WEIGHTS_H
#define CVT_FRONTEND_MODEL_WEIGHTS_H

#include "frontend/checkpoint.h"
#include "frontend/config.h"
#include "frontend/expected_tensors.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cvt {

struct ModelWeights {
  /// With the names of Hugging Face's classes.
  Checkpoint checkpoint;
  /// Whether it is of the original repository's model, which is trained with
  /// QuickGELU.
  bool isOriginal = false;
};

/// Opens the weights in a folder, as openCheckpoint does, or those of a file,
/// as openCheckpointFile does.  Returns nothing and sets `error` to one
/// sentence if there are none or they break a rule of their format.
std::optional<ModelWeights> openWeights(const std::filesystem::path &place,
                                        std::string &error);

/// How well weights fit; empty texts if they fit wholly.
struct WeightFit {
  /// What does not fit, with its `error`.
  TensorMatch match;
  /// What is odd but no error, a sentence each.
  std::vector<std::string> warnings;
};

/// Renames `weights` as `config.architecture` names its tensors and removes
/// those that `rules` say are to be drawn, so that the rest can match.
WeightFit fitWeights(const CvtConfig &config, const DrawRules &rules,
                     ModelWeights &weights);

} // namespace cvt

#endif // CVT_FRONTEND_MODEL_WEIGHTS_H
