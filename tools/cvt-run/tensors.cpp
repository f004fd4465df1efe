//===- tensors.cpp - pixel_values in, every output out --------------------===//
//
// Reads, runs and writes batch by batch, so an input may be larger than memory.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/commands.h"
#include "tools/cvt-run/failure.h"
#include "tools/npy/npy.h"

#include <algorithm>
#include <filesystem>

namespace cvt::run {

namespace fs = std::filesystem;

/// Opens the input, whose problems are those of bad input, not of running.
static npy::Reader openInput(const Model &model, const Options &options) {
  try {
    npy::Reader reader(options.input);
    const std::vector<int64_t> &shape = reader.shape();
    const std::vector<int64_t> expected = Model::rowShape(model.info().input);
    if (shape.empty() || shape[0] < 1 ||
        !std::equal(shape.begin() + 1, shape.end(), expected.begin(),
                    expected.end())) {
      std::vector<int64_t> one = {1};
      one.insert(one.end(), expected.begin(), expected.end());
      throw npy::Error(options.input + ": has shape " +
                       npy::formatShape(shape) + ", " + options.model +
                       " takes " + npy::formatShape(one) +
                       " or more such rows");
    }
    return reader;
  } catch (const npy::Error &error) {
    throw Failure(BadInput, error.what());
  }
}

static std::vector<npy::Writer> openOutputs(const Model &model,
                                            const Options &options) {
  std::error_code code;
  fs::create_directories(options.outputDir, code);
  if (code)
    throw Failure(FailedRunning,
                  options.outputDir +
                      ": cannot make the folder: " + code.message());
  const cvt_model_info &info = model.info();
  std::vector<npy::Writer> writers;
  for (size_t i = 0; i < info.output_count; ++i) {
    const std::string name = std::string(info.outputs[i].name) + ".npy";
    writers.emplace_back((fs::path(options.outputDir) / name).string(),
                         Model::rowShape(info.outputs[i]));
  }
  return writers;
}

int runTensors(const Model &model, const Options &options) {
  npy::Reader reader = openInput(model, options);
  const int64_t rows = reader.shape()[0];
  const int64_t batch =
      model.batch(options, std::min(rows, model.info().max_batch));
  Session session(model, options.threads, batch);
  std::vector<npy::Writer> writers = openOutputs(model, options);
  std::vector<float> pixels(batch * model.inputElements());
  for (int64_t first = 0; first < rows; first += batch) {
    const int64_t count = std::min(batch, rows - first);
    reader.read(pixels.data(), count * model.inputElements());
    session.run(pixels.data(), count);
    for (size_t i = 0; i < writers.size(); ++i)
      writers[i].append(session.output(i), count);
  }
  for (npy::Writer &writer : writers)
    writer.finish();
  return Done;
}

} // namespace cvt::run
