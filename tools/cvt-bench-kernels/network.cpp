//===- network.cpp - The kernels of an artifact, and its speed ------------===//

#include "tools/cvt-bench-kernels/network.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace cvt::bench {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

static constexpr int runs = 5;

static llvm::Error toError(cvt_status *status) {
  if (!status)
    return llvm::Error::success();
  llvm::Error error = llvm::createStringError(cvt_status_message(status));
  cvt_status_destroy(status);
  return error;
}

static int64_t elementsPerImage(const cvt_tensor_info &tensor) {
  int64_t elements = 1;
  for (size_t i = 1; i < tensor.rank; ++i)
    elements *= tensor.shape[i];
  return elements;
}

llvm::Error Network::readKernels() {
  const Json manifest = Json::parse(info.manifest_json);
  for (const Json &target : manifest.at("targets")) {
    if (target.at("name") != info.target)
      continue;
    for (const Json &kernel : target.at("kernels")) {
      const std::string name = kernel.at("name");
      const auto spec = kernels::parseSymbolName(name);
      if (!spec)
        return llvm::createStringError(name + ": no kernel of this build");
      list.push_back({*spec, kernel.at("calls")});
    }
  }
  return llvm::Error::success();
}

void Network::allocateBuffers() {
  pixels.assign(batch * elementsPerImage(info.input), 0.5f);
  for (size_t i = 0; i < info.output_count; ++i)
    outputs.emplace_back(batch * elementsPerImage(info.outputs[i]));
}

llvm::Expected<Network> Network::open(const std::string &path, int threads,
                                      int64_t batch) {
  Network network;
  network.batch = batch;
  cvt_model *model = nullptr;
  if (llvm::Error error =
          toError(cvt_model_open(path.c_str(), nullptr, &model)))
    return error;
  network.model.reset(model);
  network.info.struct_bytes = sizeof network.info;
  if (llvm::Error error = toError(cvt_model_describe(model, &network.info)))
    return error;
  if (llvm::Error error = network.readKernels())
    return error;

  const cvt_session_options options = {sizeof options, threads, batch};
  cvt_session *session = nullptr;
  if (llvm::Error error =
          toError(cvt_session_create(model, &options, &session)))
    return error;
  network.session.reset(session);
  network.allocateBuffers();
  return network;
}

llvm::Expected<double> Network::run() {
  std::vector<float *> pointers;
  for (std::vector<float> &output : outputs)
    pointers.push_back(output.data());
  double best = 0;
  for (int i = 0; i < runs; ++i) {
    const Clock::time_point started = Clock::now();
    if (llvm::Error error = toError(cvt_session_run(
            session.get(), pixels.data(), batch, pointers.data())))
      return error;
    const double seconds =
        std::chrono::duration<double>(Clock::now() - started).count();
    best = i == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

} // namespace cvt::bench
