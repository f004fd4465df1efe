//===- checkpoint_dump.cpp - Where a checkpoint's tensors are -------------===//
//
// Prints one JSON object for torch_values_test.py and tf_values_test.py, which
// have the values from torch and h5py:   cvt-checkpoint-dump FOLDER
//
//===----------------------------------------------------------------------===//

#include "frontend/checkpoint.h"

#include <nlohmann/json.hpp>

#include <iostream>

using namespace cvt;

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  std::string error;
  auto checkpoint = openCheckpoint(argv[1], error);
  if (!checkpoint) {
    std::cerr << error << "\n";
    return 3;
  }
  auto result = nlohmann::json::object();
  for (const auto &[name, tensor] : checkpoint->tensors)
    result[name] = {{"file", tensor.file},   {"type", tensor.typeName},
                    {"shape", tensor.shape}, {"offset", tensor.offset},
                    {"bytes", tensor.bytes}, {"axes", tensor.axes}};
  // Names of damaged files need not be text.
  std::cout << result.dump(-1, ' ', false,
                           nlohmann::json::error_handler_t::replace)
            << "\n";
}
