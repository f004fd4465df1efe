//===- module.h - Parts of the extension module cvtc._native --------------===//

#ifndef CVT_PYTHON_NATIVE_MODULE_H
#define CVT_PYTHON_NATIVE_MODULE_H

#include <nanobind/nanobind.h>

#include <string>

namespace cvt::python {

/// A path as Python's own functions take one.  Anything is accepted here, so
/// that toPath can say what is wrong with it.
class PathLike : public nanobind::object {
  static bool isAny(PyObject *) { return true; }
  NB_OBJECT(PathLike, nanobind::object, "str | bytes | os.PathLike", isAny)
};

/// The bytes of a path, which need not be UTF-8.  Raises TypeError for what is
/// no path, ValueError for a NUL character in it.
std::string toPath(const PathLike &path);

/// A path, or text with paths in it, as os.fsdecode gives it.
nanobind::str fromPath(const std::string &text);

/// Raises `type` with one sentence, which may contain a path's bytes.
[[noreturn]] void raise(PyObject *type, const std::string &sentence);

/// Each adds its classes and functions to `module`; with the GIL held.
void bindCompiledModel(nanobind::module_ &module);
void bindFrontend(nanobind::module_ &module);
void bindImages(nanobind::module_ &module);

} // namespace cvt::python

#endif // CVT_PYTHON_NATIVE_MODULE_H
