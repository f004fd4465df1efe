//===- scores.h - From logits to labelled predictions ---------------------===//
//
// As Hugging Face's image classification pipeline does it.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_SCORES_H
#define CVT_TOOLS_CVT_RUN_SCORES_H

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace cvt::run {

struct Prediction {
  size_t index;
  double score;
};

/// The `count` best classes (all, if there are fewer), best first, equal ones
/// by index.  Scores are softmax over `logits`, or the sigmoid of each if there
/// is one class or `problemType` is "multi_label_classification".
std::vector<Prediction> rank(std::span<const float> logits,
                             std::string_view problemType, size_t count);

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_SCORES_H
