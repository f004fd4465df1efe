//===- model.cpp - The runtime's C API for C++ ----------------------------===//
//
// Owners for models and sessions that turn statuses into Failures.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/model.h"

#include "tools/cvt-run/failure.h"

#include <filesystem>

namespace cvt::run {

static ExitCode exitCodeFor(cvt_code code) {
  switch (code) {
  case CVT_INVALID_ARGUMENT:
    return WrongUsage;
  case CVT_BAD_ARTIFACT:
  case CVT_UNSUPPORTED_CPU:
  case CVT_IO_ERROR:
  case CVT_BAD_IMAGE:
    return BadInput;
  case CVT_OUT_OF_MEMORY:
  case CVT_RUN_FAILED:
    return FailedRunning;
  }
  return FailedRunning;
}

void check(cvt_status *status) {
  if (!status)
    return;
  Failure failure(exitCodeFor(cvt_status_code(status)),
                  cvt_status_message(status));
  cvt_status_destroy(status);
  throw failure;
}

Model::Model(const Options &options) {
  std::error_code ignored;
  if (std::filesystem::is_directory(options.model, ignored))
    throw Failure(BadInput, options.model +
                                ": is a folder, expected a file that "
                                "cvt-compile wrote");
  const cvt_open_options open = {sizeof(open), options.verify};
  cvt_model *opened = nullptr;
  check(cvt_model_open(options.model.c_str(), &open, &opened));
  model.reset(opened);
  description.struct_bytes = sizeof(description);
  check(cvt_model_describe(opened, &description));
}

std::vector<int64_t> Model::rowShape(const cvt_tensor_info &tensor) {
  return {tensor.shape + 1, tensor.shape + tensor.rank};
}

uint64_t Model::elementsPerImage(const cvt_tensor_info &tensor) {
  uint64_t elements = 1;
  for (int64_t extent : rowShape(tensor))
    elements *= extent;
  return elements;
}

int64_t Model::batch(const Options &options, int64_t fallback) const {
  const int64_t batch = options.batch.value_or(fallback);
  if (batch < 1 || batch > description.max_batch)
    throw Failure(WrongUsage, "--batch=" + std::to_string(batch) + ": " +
                                  options.model + " takes from 1 to " +
                                  std::to_string(description.max_batch) +
                                  " images");
  return batch;
}

Session::Session(const Model &model, int threads, int64_t maxBatch) {
  const cvt_session_options options = {sizeof(options), threads, maxBatch};
  cvt_session *created = nullptr;
  check(cvt_session_create(model.get(), &options, &created));
  session.reset(created);
  const cvt_model_info &info = model.info();
  for (size_t i = 0; i < info.output_count; ++i) {
    outputs.emplace_back(Model::elementsPerImage(info.outputs[i]) * maxBatch);
    pointers.push_back(outputs.back().data());
  }
}

} // namespace cvt::run
