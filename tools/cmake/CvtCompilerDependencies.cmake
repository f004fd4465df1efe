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

# Its headers at a path that does not change: pip puts packages that a build
# needs into a new folder each time, and all kernels would be compiled again.
file(COPY "${CVT_HALIDE_ROOT}/include" DESTINATION "${CMAKE_BINARY_DIR}/halide")
set_target_properties(Halide::Halide Halide::Runtime PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_BINARY_DIR}/halide/include")

# MLIR and LLVM as system headers (TableGen looks in the directory's own list)
# and archives, of which programs take what they use: they start four times as
# fast as with the shared libraries, and Halide's own LLVM cannot meet ours.
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
include_directories("${CMAKE_BINARY_DIR}")
add_library(cvt_llvm INTERFACE)
target_link_libraries(cvt_llvm INTERFACE
  LLVMDTLTO LLVMFrontendOpenMP LLVMLTO LLVMOption LLVMOrcJIT LLVMX86AsmParser
  LLVMX86CodeGen)
target_link_options(cvt_llvm INTERFACE
  -Wl,--gc-sections -Wl,--as-needed -Wl,--exclude-libs,ALL)
add_library(cvt_mlir INTERFACE)
target_link_libraries(cvt_mlir INTERFACE
  MLIRBuiltinToLLVMIRTranslation MLIRFuncDialect MLIRLLVMToLLVMIRTranslation
  MLIRMemRefDialect MLIROptLib MLIRTransforms cvt_llvm)

# Debian's archives ask for libLLVM.so and other shared libraries.
get_property(archives DIRECTORY PROPERTY IMPORTED_TARGETS)
list(FILTER archives INCLUDE REGEX "^(LLVM|MLIR|lld)")
foreach(archive ${archives})
  get_target_property(needed ${archive} INTERFACE_LINK_LIBRARIES)
  if(needed)
    list(TRANSFORM needed REPLACE "^LLVM$" cvt_llvm)
    list(TRANSFORM needed REPLACE "_shared$" _static)
    list(FILTER needed EXCLUDE REGEX "^Polly$|libz3")
    set_target_properties(${archive} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${needed}")
  endif()
endforeach()
