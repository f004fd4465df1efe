//===- frontend.cpp - Reading model folders, for Python -------------------===//

#include "python/native/module.h"

#include "frontend/checkpoint.h"
#include "frontend/config.h"
#include "frontend/hub_cache.h"
#include "frontend/processor_config.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <nlohmann/json.hpp>

#include <set>

namespace nb = nanobind;
namespace fs = std::filesystem;

using namespace cvt;

/// A folder of the user's, or a model in Hugging Face's cache.
static std::string findModelFolder(const std::string &name) {
  std::error_code ignored;
  if (fs::is_directory(name, ignored))
    return name;
  std::string error = name + ": no such folder; expected a model folder or the "
                             "name of a model on Hugging Face's Hub";
  if (isHubName(name))
    if (auto snapshot = findInHubCache(name, error))
      return snapshot->string();
  PyErr_SetString(PyExc_OSError, error.c_str());
  throw nb::python_error();
}

static std::string checkConfig(const std::string &text,
                               const std::string &name) {
  std::string error;
  std::optional<CvtConfig> config = parseCvtConfig(text, name, error);
  if (!config)
    throw nb::value_error(error.c_str());
  return toJson(*config).dump();
}

static std::string checkProcessorConfig(const std::string &text,
                                        const std::string &name) {
  std::string error;
  auto config = parseProcessorConfig(text, name, error);
  if (!config)
    throw nb::value_error(error.c_str());
  return toJson(*config).dump();
}

static std::vector<std::string> checkpointFiles(const std::string &path) {
  std::string error;
  std::error_code ignored;
  auto checkpoint = fs::is_directory(path, ignored)
                        ? openCheckpoint(path, error)
                        : openCheckpointFile(path, error);
  if (!checkpoint)
    throw nb::value_error(error.c_str());
  std::set<std::string> files;
  for (const auto &[name, tensor] : checkpoint->tensors)
    files.insert(tensor.file);
  return {files.begin(), files.end()};
}

void cvt::python::bindFrontend(nb::module_ &module) {
  module.def("find_model_folder", findModelFolder, nb::arg("name"),
             "The folder that name stands for: itself, or the newest snapshot "
             "of a model in Hugging Face's cache.  Raises OSError, with the "
             "command that downloads it.");
  module.def("check_config", checkConfig, nb::arg("text"), nb::arg("name"),
             "The JSON text of a config.json with every key that CvT has, "
             "checked.  name stands for the file in errors.  Raises "
             "ValueError.");
  module.def("check_processor_config", checkProcessorConfig, nb::arg("text"),
             nb::arg("name"),
             "The same for a preprocessor_config.json.");
  module.def("checkpoint_files", checkpointFiles, nb::arg("path"),
             "The files that hold the weights of a model folder, a file or an "
             "index.  Raises ValueError.");
}
