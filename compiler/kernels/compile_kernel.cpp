//===- compile_kernel.cpp - KernelSpec to object code ---------------------===//
//
// Runs Halide's compiler without leaving anything of it behind: no files, no
// messages, no exceptions, no runtime in the object.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/compile_kernel.h"

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/lowering_passes.h"
#include "compiler/kernels/scratch_bytes.h"

#include "llvm/ADT/ScopeExit.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace Halide;

namespace cvt::kernels {

/// Turns Halide's warnings into errors as well.  Kernels give reason for one
/// only: rounding to bf16 takes several instructions where it is not one.
class Reporter : public CompileTimeErrorReporter {
  void warning(const char *message) override {
    if (std::string_view(message).find("float16 type operation is") ==
        std::string_view::npos)
      error(message);
  }
  void error(const char *message) override { throw CompileError(message); }
};

static void installReporter() {
  static Reporter reporter;
  static const bool installed = [] {
    set_custom_compile_time_error_reporter(&reporter);
    return true;
  }();
  (void)installed;
}

static Target halideTarget(CpuTarget target, Element math) {
  std::vector<Target::Feature> features = {
      Target::SSE41,       Target::AVX,          Target::AVX2,
      Target::FMA,         Target::F16C,         Target::NoRuntime,
      Target::UserContext, Target::NoBoundsQuery};
  const CpuTargetInfo &info = cpuTargetInfo(target);
  if (target >= CpuTarget::X86V4) {
    features.push_back(Target::AVX512);
    features.push_back(Target::AVX512_Skylake);
  }
  if (target >= CpuTarget::IceLake)
    features.push_back(Target::AVX512_Cannonlake);
  // Halide has no name for VNNI without bf16.  Only products of bf16, and
  // RoundInHardware, make it use what icelake lacks.
  if (info.multipliesBf16 || (info.multipliesBytes && math == Element::I8))
    features.push_back(Target::AVX512_Zen4);
  return Target(Target::Linux, Target::X86, 64, features);
}

/// Compiles `module` to an object, in memory.
static std::string compileToObject(const Module &module) {
  int file = memfd_create("kernel", MFD_CLOEXEC);
  if (file < 0)
    throw RuntimeError("cannot make a file in memory");
  llvm::scope_exit closeFile([&] { close(file); });
  module.compile(
      {{OutputFileType::object, "/proc/self/fd/" + std::to_string(file)}});
  std::string object(lseek(file, 0, SEEK_END), '\0');
  ssize_t count = pread(file, object.data(), object.size(), 0);
  if (count != static_cast<ssize_t>(object.size()))
    throw RuntimeError("cannot read an object back");
  return object;
}

llvm::Expected<CompiledKernel> compileKernel(const KernelSpec &spec,
                                             bool asserts) {
  if (llvm::Error error = verifyKernelSpec(spec))
    return error;
  installReporter();
  CompiledKernel result;
  result.symbol = symbolName(spec);
  try {
    KernelBuilder builder(spec);
    std::visit([&](const auto &family) { buildKernel(builder, family); },
               spec.family);
    Pipeline pipeline = builder.pipeline();
    addLoweringPasses(pipeline, spec.target, asserts);
    Module module = pipeline.compile_to_module(
        builder.arguments(), result.symbol,
        halideTarget(spec.target, spec.formats.math), LinkageType::External);
    result.scratchBytes = scratchBytes(module);
    result.object = compileToObject(withTasksNumbered(module));
  } catch (const Halide::Error &error) {
    return llvm::createStringError("kernel " + result.symbol + ": " +
                                   error.what());
  }
  return result;
}

std::string halideVersion() {
  return std::to_string(HALIDE_VERSION_MAJOR) + "." +
         std::to_string(HALIDE_VERSION_MINOR) + "." +
         std::to_string(HALIDE_VERSION_PATCH);
}

} // namespace cvt::kernels
