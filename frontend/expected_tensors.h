//===- expected_tensors.h - Which tensors a model needs -------------------===//
//
// The names and shapes that Hugging Face's classes give their parameters, from
// the config alone, and the comparison with what a checkpoint has.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_EXPECTED_TENSORS_H
#define CVT_FRONTEND_EXPECTED_TENSORS_H

#include "frontend/checkpoint.h"
#include "frontend/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cvt {

/// How Hugging Face initialises a tensor of a model that is not trained.
enum class TensorInit {
  TruncatedNormal, ///< mean 0, deviation initializer_range, cut at -2 and 2
  Zeros,
  Ones,
};

struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape;
  TensorInit init;
};

/// Every tensor that `config.architecture` needs, in the model's order.  The
/// `num_batches_tracked` of batch norms are not among them.
std::vector<ExpectedTensor> expectedTensors(const CvtConfig &config);

/// Result of a comparison; each text is one sentence, or empty.
struct TensorMatch {
  /// Tensors that are missing, have another shape or a type that is not a
  /// floating-point format we read.  Names the first five.
  std::string error;
  /// Tensors that the model does not use, `num_batches_tracked` aside.
  std::string warning;
  /// Whether `error` is also about tensors of another shape.
  bool hasOtherShapes = false;
  /// Whether `error` is also about tensors that are missing, while the
  /// checkpoint has some of the model's.
  bool lacksSome = false;
};

TensorMatch matchTensors(const std::vector<ExpectedTensor> &expected,
                         const Checkpoint &checkpoint);

/// Which tensors that do not fit are drawn at random instead.
struct DrawRules {
  /// Those that are missing, if the checkpoint has some of the model's.
  bool missing = false;
  /// Those whose shape is not the expected one.
  bool otherShapes = false;
};

/// Removes tensors that are to be drawn from both, so that the rest can match.
/// Returns one sentence that names the first five and why, or empty if there
/// are none.
std::string dropDrawn(const DrawRules &rules,
                      std::vector<ExpectedTensor> &expected,
                      Checkpoint &checkpoint);

} // namespace cvt

#endif // CVT_FRONTEND_EXPECTED_TENSORS_H
