# LLVM, MLIR and lld from Debian's packages, Halide from its Python package.
find_package(MLIR 22.1 REQUIRED CONFIG PATHS /usr/lib/llvm-22)
find_package(LLD 22.1 REQUIRED CONFIG PATHS /usr/lib/llvm-22)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python3_EXECUTABLE}" -c
    "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('halide').origin))"
  OUTPUT_VARIABLE CVT_HALIDE_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
# Straight to the package: what pip puts on the way to it wants Python's headers.
find_package(Halide 21 REQUIRED CONFIG COMPONENTS shared
  PATHS "${CVT_HALIDE_ROOT}/lib64/cmake/Halide" NO_DEFAULT_PATH)

# MLIR and LLVM as system headers (TableGen looks in the directory's own list)
# and shared libraries.
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
include_directories("${CMAKE_BINARY_DIR}")
add_library(cvt_mlir INTERFACE)
target_link_libraries(cvt_mlir INTERFACE MLIR LLVM)
# MLIR knows classes by the addresses of inline variables, which must be one in
# our code and in its shared library.
target_compile_options(cvt_mlir INTERFACE -fvisibility=default)
