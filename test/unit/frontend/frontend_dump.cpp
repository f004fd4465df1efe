//===- frontend_dump.cpp - What the frontend makes of a model folder ------===//
//
// Prints one JSON object for hf_tensors_test.py, which has the same from
// transformers:   cvt-frontend-dump FOLDER HEIGHT WIDTH
//
//===----------------------------------------------------------------------===//

#include "frontend/expected_tensors.h"
#include "frontend/processor_config.h"
#include "frontend/shapes.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>

using namespace cvt;

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  std::filesystem::path folder = argv[1];
  std::string error;
  auto config = readCvtConfig(folder / "config.json", error);
  auto processor =
      readProcessorConfig(folder / "preprocessor_config.json", error);
  if (!config || !processor) {
    std::cerr << error << "\n";
    return 3;
  }
  auto shapes = validateForImageSize(*config, std::atoll(argv[2]),
                                     std::atoll(argv[3]), error);
  if (!shapes) {
    std::cerr << error << "\n";
    return 3;
  }
  nlohmann::json result;
  for (const ExpectedTensor &tensor : expectedTensors(*config))
    result["tensors"][tensor.name] = {{"shape", tensor.shape},
                                      {"init", static_cast<int>(tensor.init)}};
  for (const StageShape &shape : *shapes) {
    result["maps"].push_back({shape.map.height, shape.map.width});
    result["kv_maps"].push_back({shape.kvMap.height, shape.kvMap.width});
  }
  result["labels"] = config->labels;
  result["config"] = toJson(*config);
  result["processor"] = toJson(*processor);
  std::cout << result << "\n";
}
