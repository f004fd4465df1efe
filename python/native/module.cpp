//===- module.cpp - The extension module cvtc._native ---------------------===//
//
// What the Python package takes from C++: running artifacts, reading model
// folders, the image path.  Errors become Python's own exceptions, with the
// same sentence.
//
//===----------------------------------------------------------------------===//

#include "python/native/module.h"

#include "cvt/model.hpp"

namespace nb = nanobind;

std::string cvt::python::toPath(const PathLike &path) {
  PyObject *encoded = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &encoded))
    throw nb::python_error();
  auto bytes = nb::steal<nb::bytes>(encoded);
  return {bytes.c_str(), bytes.size()};
}

nb::str cvt::python::fromPath(const std::string &text) {
  PyObject *decoded = PyUnicode_DecodeFSDefaultAndSize(
      text.data(), static_cast<Py_ssize_t>(text.size()));
  if (!decoded)
    throw nb::python_error();
  return nb::steal<nb::str>(decoded);
}

void cvt::python::raise(PyObject *type, const std::string &sentence) {
  PyErr_SetObject(type, fromPath(sentence).ptr());
  throw nb::python_error();
}

static PyObject *exceptionFor(cvt_code code) {
  switch (code) {
  case CVT_INVALID_ARGUMENT:
  case CVT_BAD_IMAGE:
    return PyExc_ValueError;
  case CVT_IO_ERROR:
    return PyExc_OSError;
  case CVT_OUT_OF_MEMORY:
    return PyExc_MemoryError;
  case CVT_BAD_ARTIFACT:
  case CVT_UNSUPPORTED_CPU:
  case CVT_RUN_FAILED:
    break;
  }
  return PyExc_RuntimeError;
}

static void translate(const std::exception_ptr &thrown, void *) {
  try {
    std::rethrow_exception(thrown);
  } catch (const cvt::Error &error) {
    PyErr_SetObject(exceptionFor(error.code()),
                    cvt::python::fromPath(error.what()).ptr());
  }
}

NB_MODULE(_native, module) {
  module.doc() = "Artifacts, model folders and pictures, in C++.";
  nb::register_exception_translator(translate);
  module.attr("__version__") = CVT_VERSION;
  cvt::python::bindCompiledModel(module);
  cvt::python::bindFrontend(module);
  cvt::python::bindImages(module);
}
