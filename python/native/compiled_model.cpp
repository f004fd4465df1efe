//===- compiled_model.cpp - An artifact and its session, for Python -------===//

#include "python/native/module.h"

#include "cvt/model.hpp"
#include "runtime/src/session.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace nb = nanobind;

using namespace cvt::python;

/// Of any rank: a wrong one is reported with what is expected.
using Pixels = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using Array = nb::ndarray<nb::numpy, float>;

namespace {

/// A session and whose turn it is.  Of one process: a fork inherits neither
/// threads nor, if another thread runs meanwhile, a mutex that anyone unlocks.
struct OwnedSession {
  const pid_t owner = getpid();
  std::mutex mutex;
  /// Created when first needed, with the mutex held.
  std::optional<cvt::Session> session;
};

/// An opened artifact and one session, which its callers share one after the
/// other: it has a thread for each CPU already.
class CompiledModel {
public:
  CompiledModel(const std::string &path, int32_t threads)
      : model(path), threads(threads) {}

  /// With the GIL held.
  ~CompiledModel() { abandonInherited(); }

  /// With the GIL held; releases it while the model runs.
  std::vector<Array> run(const Pixels &pixels);

  const cvt_model_info &info() const { return model.info(); }

private:
  void checkShape(const Pixels &pixels) const;
  void abandonInherited();

  cvt::Model model;
  int32_t threads;
  std::unique_ptr<OwnedSession> own = std::make_unique<OwnedSession>();
};

} // namespace

static std::string describe(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "(" + text + ")";
}

void CompiledModel::checkShape(const Pixels &pixels) const {
  const int64_t *expected = info().input.shape;
  std::vector<int64_t> found;
  for (size_t axis = 0; axis < pixels.ndim(); ++axis)
    found.push_back(static_cast<int64_t>(pixels.shape(axis)));
  if (found.size() == info().input.rank && found[0] >= 1 &&
      std::equal(found.begin() + 1, found.end(), expected + 1))
    return;
  throw nb::value_error(
      ("pixel_values has the shape " + describe(found) + ", expected (batch, " +
       std::to_string(expected[1]) + ", " + std::to_string(expected[2]) + ", " +
       std::to_string(expected[3]) + ") with a batch of at least 1")
          .c_str());
}

/// In a forked process, leaks what is the parent's: its destructor would wait
/// for threads that only the parent has.  With the GIL held, which makes this
/// the only thread that looks at `own`.
void CompiledModel::abandonInherited() {
  if (own->owner == getpid())
    return;
  (void)own.release();
  own = std::make_unique<OwnedSession>();
}

/// A new array of `batch` rows of an output, not initialised.
static Array makeOutput(const cvt_tensor_info &output, size_t batch) {
  std::vector<size_t> shape(output.shape, output.shape + output.rank);
  shape[0] = batch;
  size_t elements = batch * cvt::Model::elementsPerImage(output);
  std::unique_ptr<float[]> values(new float[elements]);
  nb::capsule owner(values.get(), [](void *memory) noexcept {
    delete[] static_cast<float *>(memory);
  });
  return Array(values.release(), shape.size(), shape.data(), owner);
}

std::vector<Array> CompiledModel::run(const Pixels &pixels) {
  checkShape(pixels);
  int64_t batch = static_cast<int64_t>(pixels.shape(0));
  std::vector<Array> outputs;
  std::vector<float *> buffers;
  for (size_t i = 0; i < info().output_count; ++i) {
    outputs.push_back(makeOutput(info().outputs[i], pixels.shape(0)));
    buffers.push_back(outputs.back().data());
  }
  const float *input = pixels.data();
  abandonInherited();
  OwnedSession &turn = *own;
  nb::gil_scoped_release release;
  std::lock_guard lock(turn.mutex);
  if (!turn.session)
    turn.session.emplace(model, threads);
  for (int64_t first = 0; first < batch; first += info().max_batch) {
    int64_t count = std::min(info().max_batch, batch - first);
    turn.session->run(input, count, buffers.data());
    input += count * cvt::Model::elementsPerImage(info().input);
    for (size_t i = 0; i < buffers.size(); ++i)
      buffers[i] += count * cvt::Model::elementsPerImage(info().outputs[i]);
  }
  return outputs;
}

static nb::tuple toTuple(const int64_t *first, size_t count) {
  nb::list list;
  for (size_t i = 0; i < count; ++i)
    list.append(first[i]);
  return nb::tuple(list);
}

static std::vector<std::string> labelsOf(const CompiledModel &model) {
  const cvt_model_info &info = model.info();
  return {info.labels, info.labels + info.label_count};
}

static std::vector<std::string> outputNamesOf(const CompiledModel &model) {
  std::vector<std::string> names;
  for (size_t i = 0; i < model.info().output_count; ++i)
    names.push_back(model.info().outputs[i].name);
  return names;
}

/// The number of threads that a caller asks for.  Raises TypeError or
/// ValueError.
static int32_t toThreads(const nb::handle &number) {
  auto whole = nb::steal(PyNumber_Index(number.ptr()));
  if (!whole.is_valid())
    throw nb::python_error();
  int overflow = 0;
  int64_t threads = PyLong_AsLongLongAndOverflow(whole.ptr(), &overflow);
  if (overflow == 0 && cvt::isThreadCount(threads))
    return static_cast<int32_t>(threads);
  raise(PyExc_ValueError, cvt::badThreadCount(nb::str(whole).c_str()));
}

static void construct(CompiledModel *model, const PathLike &path,
                      const nb::handle &threads) {
  std::string file = toPath(path);
  int32_t count = toThreads(threads);
  nb::gil_scoped_release release;
  new (model) CompiledModel(file, count);
}

void cvt::python::bindCompiledModel(nb::module_ &module) {
  nb::class_<CompiledModel>(module, "CompiledModel",
                            "An artifact, opened and checked.  Any thread may "
                            "use it; runs take turns.")
      .def("__init__", construct, nb::arg("path"), nb::arg("threads") = 0,
           nb::sig("def __init__(self, path: str | bytes | os.PathLike, "
                   "threads: int = 0) -> None"),
           "Opens the file at path, which is native code: only files you "
           "trust.  threads: those that compute; 0: one for each CPU.  Raises "
           "OSError, RuntimeError or ValueError.")
      .def("run", &CompiledModel::run, nb::arg("pixel_values").noconvert(),
           "The outputs for (batch, C, H, W) float32 numbers, in the order of "
           "output_names.  Batches above max_batch run in pieces.  Raises "
           "ValueError or RuntimeError.")
      .def_prop_ro(
          "input_shape",
          [](const CompiledModel &model) {
            return toTuple(model.info().input.shape + 1, 3);
          },
          nb::sig("def input_shape(self) -> tuple[int, int, int]"),
          "(C, H, W) of the pictures it takes.")
      .def_prop_ro("output_names", outputNamesOf)
      .def_prop_ro(
          "max_batch",
          [](const CompiledModel &model) { return model.info().max_batch; })
      .def_prop_ro("labels", labelsOf, "Names of classes, by index.")
      .def_prop_ro(
          "precision",
          [](const CompiledModel &model) { return model.info().precision; },
          "\"f32\", \"bf16\" or \"int8\".")
      .def_prop_ro(
          "manifest",
          [](const CompiledModel &model) { return model.info().manifest_json; },
          "What the artifact says of itself, as JSON.");
}
