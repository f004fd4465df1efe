//===- frontend.cpp - Reading model folders, for Python -------------------===//

#include "python/native/module.h"

#include "frontend/config.h"
#include "frontend/hub_cache.h"
#include "frontend/model_weights.h"
#include "frontend/processor_config.h"

#include <nanobind/stl/string.h>
#include <nlohmann/json.hpp>

#include <set>

namespace nb = nanobind;
namespace fs = std::filesystem;

using namespace cvt;
using namespace cvt::python;

/// A folder of the user's, or a model in Hugging Face's cache.
static nb::str findModelFolder(const PathLike &path) {
  std::string name = toPath(path);
  std::error_code ignored;
  if (fs::is_directory(name, ignored))
    return fromPath(name);
  std::string error = name + ": no such folder; expected a model folder or the "
                             "name of a model on Hugging Face's Hub";
  if (isHubName(name))
    if (auto snapshot = findInHubCache(name, error))
      return fromPath(snapshot->string());
  raise(PyExc_OSError, error);
}

static std::string checkConfig(const std::string &text, const PathLike &name) {
  std::string error;
  std::optional<CvtConfig> config = parseCvtConfig(text, toPath(name), error);
  if (!config)
    raise(PyExc_ValueError, error);
  return toJson(*config).dump();
}

static std::string checkProcessorConfig(const std::string &text,
                                        const PathLike &name) {
  std::string error;
  auto config = parseProcessorConfig(text, toPath(name), error);
  if (!config)
    raise(PyExc_ValueError, error);
  return toJson(*config).dump();
}

static nb::list toList(const auto &texts) {
  nb::list list;
  for (const std::string &text : texts)
    list.append(fromPath(text));
  return list;
}

/// A model's weights as a config needs them.
static nb::tuple checkWeights(const std::string &configText,
                              const PathLike &path,
                              bool ignoreMismatchedSizes) {
  std::string error;
  std::optional<CvtConfig> config = parseCvtConfig(configText, "config", error);
  std::optional<ModelWeights> weights;
  if (config)
    weights = openWeights(toPath(path), error);
  if (!weights)
    raise(PyExc_ValueError, error);
  const std::set<std::string> files = weights->checkpoint.files();
  WeightFit fit = fitWeights(
      *config, {.missing = true, .otherShapes = ignoreMismatchedSizes},
      *weights);
  if (fit.match.hasOtherShapes)
    fit.match.error +=
        "; ignore_mismatched_sizes=True draws weights of another "
        "shape at random";
  if (!fit.match.error.empty())
    raise(PyExc_ValueError, fit.match.error);
  return nb::make_tuple(toList(files), toList(fit.warnings));
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
             nb::arg("name"), "The same for a preprocessor_config.json.");
  module.def(
      "check_weights", checkWeights, nb::arg("config"), nb::arg("path"),
      nb::arg("ignore_mismatched_sizes"),
      nb::sig("def check_weights(config: str, path: str | bytes | os.PathLike, "
              "ignore_mismatched_sizes: bool) -> tuple[list[str], list[str]]"),
      "Compares the weights in a folder, a file or an index with what the "
      "text of a config.json needs.  Those that are missing may be drawn, "
      "those of another shape on request.  Returns the files that hold "
      "weights, "
      "and what is odd.  Raises ValueError.");
}
