//===- module.h - Parts of the extension module cvtc._native --------------===//

#ifndef CVT_PYTHON_NATIVE_MODULE_H
#define CVT_PYTHON_NATIVE_MODULE_H

#include <nanobind/nanobind.h>

namespace cvt::python {

/// Each adds its classes and functions to `module`; with the GIL held.
void bindCompiledModel(nanobind::module_ &module);
void bindFrontend(nanobind::module_ &module);
void bindImages(nanobind::module_ &module);

} // namespace cvt::python

#endif // CVT_PYTHON_NATIVE_MODULE_H
