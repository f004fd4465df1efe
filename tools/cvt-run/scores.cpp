//===- scores.cpp - From logits to labelled predictions -------------------===//
//
// Ordered by logits, which scores may round to equal.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace cvt::run {

/// Where a class stands; what is not a number comes last.
static float standing(float logit) {
  return std::isnan(logit) ? -std::numeric_limits<float>::infinity() : logit;
}

std::vector<Prediction> rank(std::span<const float> logits,
                             std::string_view problemType, size_t count) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t(0));
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](size_t a, size_t b) {
                      const float first = standing(logits[a]);
                      const float second = standing(logits[b]);
                      return first != second ? first > second : a < b;
                    });

  const bool independent =
      logits.size() == 1 || problemType == "multi_label_classification";
  const double highest =
      independent ? 0 : *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - highest);
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < count; ++i) {
    const double logit = logits[order[i]];
    predictions.push_back({order[i], independent
                                         ? 1 / (1 + std::exp(-logit))
                                         : std::exp(logit - highest) / sum});
  }
  return predictions;
}

} // namespace cvt::run
