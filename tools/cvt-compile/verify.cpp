//===- verify.cpp - What a number format costs in accuracy ----------------===//
//
// Inputs come in batches, of which only sums are kept.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-compile/verify.h"

#include "tools/cvt-run/failure.h"
#include "tools/cvt-run/model.h"
#include "tools/cvt-run/pictures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <span>

namespace cvt {

using run::Failure;
using run::Model;
using run::PictureLoader;
using run::Session;

namespace {

constexpr int64_t kRandomInputs = 16;

/// Takes a batch of pixel values.
using Take = std::function<void(const float *pixelValues, int64_t batch)>;

/// What is known of one output so far.
class ErrorSums {
public:
  explicit ErrorSums(uint64_t elements) : sums(elements), squares(elements) {}

  /// One image's results.
  void add(const float *found, const float *expected) {
    for (size_t i = 0; i < sums.size(); ++i) {
      const double value = expected[i], error = found[i] - value;
      sums[i] += value;
      squares[i] += value * value;
      squaredErrors += error * error;
      // What is not a number is as wrong as can be.
      if (!(std::abs(error) <= largest))
        largest = std::abs(error);
    }
  }

  OutputError summary(const std::string &name, int64_t inputs) const {
    double deviations = 0;
    for (size_t i = 0; i < sums.size(); ++i)
      deviations += squares[i] - sums[i] * sums[i] / inputs;
    const double count = static_cast<double>(sums.size()) * inputs;
    const double spread = std::sqrt(std::max(deviations, 0.0) / count);
    return {name, std::sqrt(squaredErrors / count) / spread, largest / spread};
  }

private:
  /// By element, over all inputs.
  std::vector<double> sums, squares;
  double squaredErrors = 0;
  double largest = 0;
};

void takeRandomInputs(const Model &model, int64_t batch, const Take &take) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> pixels(batch * model.inputElements());
  for (int64_t first = 0; first < kRandomInputs; first += batch) {
    std::ranges::generate(pixels, [&] { return normal(generator); });
    take(pixels.data(), std::min(batch, kRandomInputs - first));
  }
}

void takePictures(const Model &model, const run::Options &options,
                  int64_t batch, const Take &take,
                  std::vector<std::string> &unreadable) {
  std::vector<run::Picture> pictures = run::listPictures(options.pictures);
  PictureLoader loader(model, options);
  for (size_t first = 0; first < pictures.size(); first += batch) {
    auto some = std::span(pictures).subspan(
        first, std::min<size_t>(batch, pictures.size() - first));
    loader.load(some);
    for (const run::Picture &picture : some)
      if (!picture.error.empty())
        unreadable.push_back(picture.name + ": " + picture.error);
    const auto good =
        std::ranges::count(some, std::string(), &run::Picture::error);
    if (good > 0)
      take(loader.pixels(), good);
  }
}

} // namespace

Comparison compareArtifacts(const std::string &artifact,
                            const std::string &reference,
                            const std::string &inputs, unsigned threads) {
  run::Options options;
  options.pictures = {inputs};
  options.threads = static_cast<int>(threads);
  options.model = artifact;
  const Model found(options);
  options.model = reference;
  const Model expected(options);
  const cvt_model_info &info = expected.info();
  const int64_t batch = std::min(kRandomInputs, info.max_batch);
  Session foundSession(found, options.threads, batch);
  Session expectedSession(expected, options.threads, batch);

  Comparison comparison;
  std::vector<ErrorSums> sums;
  for (size_t i = 0; i < info.output_count; ++i)
    sums.emplace_back(Model::elementsPerImage(info.outputs[i]));
  auto take = [&](const float *pixelValues, int64_t count) {
    foundSession.run(pixelValues, count);
    expectedSession.run(pixelValues, count);
    for (size_t i = 0; i < sums.size(); ++i)
      for (int64_t image = 0; image < count; ++image) {
        const auto at = image * Model::elementsPerImage(info.outputs[i]);
        sums[i].add(foundSession.output(i) + at,
                    expectedSession.output(i) + at);
      }
    comparison.inputs += count;
  };
  if (inputs == "random")
    takeRandomInputs(expected, batch, take);
  else
    takePictures(expected, options, batch, take, comparison.unreadable);
  if (comparison.inputs < 2)
    throw Failure(run::BadInput, "--verify=" + inputs + ": has " +
                                     std::to_string(comparison.inputs) +
                                     " pictures that can be read, expected at "
                                     "least 2");
  for (size_t i = 0; i < sums.size(); ++i)
    comparison.outputs.push_back(
        sums[i].summary(info.outputs[i].name, comparison.inputs));
  return comparison;
}

} // namespace cvt
