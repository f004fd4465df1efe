//===- config_fuzzer.cpp - Any bytes as config.json -----------------------===//
//
// Whatever the bytes are, reading them as a config and as an image processor
// gives one sentence or values that hold what their headers promise.
//
//===----------------------------------------------------------------------===//

#include "frontend/expected_tensors.h"
#include "frontend/processor_config.h"
#include "frontend/shapes.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace cvt;

static void require(bool holds) {
  if (!holds)
    std::abort();
}

static void checkError(const std::string &message) {
  require(!message.empty() && message.find('\n') == message.npos &&
          message.size() < 2000);
}

/// Sizes that follow from a config fit their types.
static void checkSizes(const CvtConfig &config) {
  std::string error;
  for (auto [height, width] : {std::pair{224, 224}, {1, 32768}, {97, 3}}) {
    auto shapes = validateForImageSize(config, height, width, error);
    if (!shapes) {
      checkError(error);
      continue;
    }
    require(shapes->size() == config.stages.size());
    for (const StageShape &shape : *shapes)
      require(shape.map.height > 0 && shape.map.width > 0 &&
              shape.kvMap.height > 0 && shape.kvMap.width > 0 &&
              shape.tokens > 0 && shape.kvTokens > 0);
  }
  for (const ExpectedTensor &tensor : expectedTensors(config)) {
    uint64_t elements = 1;
    for (int64_t extent : tensor.shape) {
      require(extent > 0 && extent <= INT32_MAX);
      elements *= static_cast<uint64_t>(extent);
      require(elements <= INT32_MAX);
    }
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view text(reinterpret_cast<const char *>(data), size);
  std::string error;
  if (auto config = parseCvtConfig(text, "config.json", error)) {
    checkSizes(*config);
    nlohmann::json written = toJson(*config);
    auto again = parseCvtConfig(written.dump(), "config.json", error);
    require(again && toJson(*again) == written);
  } else {
    checkError(error);
  }
  error.clear();
  if (auto processor = parseProcessorConfig(text, "config.json", error)) {
    nlohmann::ordered_json written = toJson(*processor);
    auto again = parseProcessorConfig(written.dump(), "config.json", error);
    require(again && toJson(*again) == written);
  } else {
    checkError(error);
  }
  return 0;
}
