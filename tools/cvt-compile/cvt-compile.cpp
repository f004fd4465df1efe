//===- cvt-compile.cpp - A Hugging Face CvT model to one binary -----------===//

#include "compiler/artifact/link.h"
#include "compiler/driver/compile_kernels.h"
#include "compiler/driver/generator_identity.h"
#include "compiler/driver/host_object.h"
#include "compiler/driver/kernel_cache.h"
#include "compiler/driver/program.h"
#include "compiler/driver/run_phases.h"
#include "compiler/kernels/cpu_target.h"
#include "dialect/CvtDialect.h"
#include "frontend/import/model_builder.h"
#include "tools/cvt-compile/options.h"
#include "tools/cvt-compile/output_file.h"
#include "tools/cvt-compile/progress.h"
#include "tools/cvt-compile/safetensors_writer.h"
#include "tools/cvt-compile/source_model.h"
#include "tools/cvt-compile/verify.h"
#include "tools/cvt-run/failure.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <set>

using namespace cvt;

namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kBadModel = 3 };

/// One run of the compiler.
class Compiler {
public:
  explicit Compiler(const CompileOptions &options)
      : options(options), progress(options.verbose), context(makeRegistry()) {
    context.loadDialect<CvtDialect, mlir::func::FuncDialect>();
  }

  int run();

private:
  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }
  int fail(int code, llvm::Error error);
  void warn(const std::string &message);
  /// Of targets for which another precision gives faster code.
  void warnOfSlowTargets();

  int load();
  int compile();
  int writeWeights();
  int verify();

  llvm::Error checkOutputIsNoInput();
  llvm::Error checkOutputs(mlir::ModuleOp module);
  llvm::Error runPhases();
  llvm::Error showIr(size_t index, const Phase &phase);
  llvm::Expected<KernelCache> openCache() const;
  llvm::Expected<std::vector<kernels::CompiledKernel>> obtainKernels();
  llvm::Error emitCode();
  llvm::Error writeText(const std::string &text);
  llvm::Error writeFile(const std::string &path, llvm::StringRef bytes);
  std::string print();
  bool stopsAfter(llvm::StringRef phase) const {
    return options.stopAfter == phase;
  }

  const CompileOptions &options;
  Progress progress;
  mlir::MLIRContext context;
  SourceModel model;
  PipelineOptions pipeline;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// The module after the memory phase: it knows weights and kernels.
  mlir::OwningOpRef<mlir::ModuleOp> planned;
};

} // namespace

/// What --precision stands for: a format by its usual name.
static Format formatOf(llvm::StringRef precision) {
  return precision == "int8" ? Format::I8 : *symbolizeFormat(precision);
}

int Compiler::fail(int code, llvm::Error error) {
  progress.finish();
  std::string message = llvm::toString(std::move(error));
  for (char &c : message)
    if (c == '\n')
      c = ' ';
  llvm::errs() << "cvt-compile: " << message << "\n";
  return code;
}

void Compiler::warn(const std::string &message) {
  progress.finish();
  llvm::errs() << "cvt-compile: warning: " << message << "\n";
}

void Compiler::warnOfSlowTargets() {
  if (options.precision != "bf16")
    return;
  for (const std::string &name : options.targets)
    if (auto target = kernels::parseCpuTarget(name);
        target && !kernels::cpuTargetInfo(*target).multipliesBf16)
      warn(name + " has no instructions for bf16: it needs half the memory of "
                  "f32 there, but more time");
}

int Compiler::run() {
  int code = load();
  if (code == kDone)
    code = options.emit == Emit::Safetensors ? writeWeights() : compile();
  if (code == kDone && !options.verify.empty())
    code = verify();
  return code;
}

int Compiler::load() {
  progress.begin("read");
  auto loaded = loadSourceModel(options);
  if (!loaded)
    return fail(kBadModel, loaded.takeError());
  model = std::move(*loaded);
  for (const std::string &warning : model.warnings)
    warn(warning);
  if (llvm::Error error = checkOutputIsNoInput())
    return fail(kWrongUsage, std::move(error));
  if (!model.processor && !options.verify.empty() && options.verify != "random")
    return fail(kWrongUsage,
                llvm::createStringError(
                    "--verify: this model takes no pictures; use random"));
  return kDone;
}

int Compiler::writeWeights() {
  if (model.activation == Activation::QuickGelu)
    warn(options.output +
         ": does not say that the model computes quick_gelu; Hugging Face's "
         "classes compute gelu with these weights");
  progress.begin("write");
  if (llvm::Error error = writeSafetensors(options.output, model,
                                           options.randomSeed.value_or(0)))
    return fail(kFailed, std::move(error));
  return kDone;
}

int Compiler::compile() {
  progress.begin("import");
  ImportOptions import;
  import.height = model.height;
  import.width = model.width;
  import.checkpoint = model.checkpoint ? &*model.checkpoint : nullptr;
  import.seed = options.randomSeed.value_or(0);
  import.activation = model.activation;
  module = buildModel(context, model.config, import);
  if (llvm::Error error = checkOutputs(*module))
    return fail(kWrongUsage, std::move(error));

  pipeline.outputs =
      options.outputs.empty() ? defaultOutputs(model.config) : options.outputs;
  pipeline.targets = options.targets;
  pipeline.maxBatch = options.maxBatch;
  pipeline.precision = formatOf(options.precision);
  warnOfSlowTargets();
  if (llvm::Error error = runPhases())
    return fail(kFailed, std::move(error));
  llvm::Error error =
      options.emit == Emit::Mlir ? writeText(print()) : emitCode();
  if (error)
    return fail(kFailed, std::move(error));
  return kDone;
}

static std::string describe(const Comparison &comparison,
                            const std::string &precision) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "errors of " << precision << " on " << comparison.inputs
         << " inputs, relative to the spread across inputs:\n"
         << llvm::formatv("{0,-20} {1,9} {2,9}\n", "", "rms", "largest");
  for (const OutputError &output : comparison.outputs)
    stream << llvm::formatv("{0,-20} {1,9} {2,9}\n", output.name,
                            llvm::formatv("{0:e2}", output.rms),
                            llvm::formatv("{0:e2}", output.largest));
  return text;
}

/// Compiles the same in f32, for a moment, and prints how far outputs are from
/// that.
int Compiler::verify() {
  llvm::SmallString<128> path;
  if (std::error_code error =
          llvm::sys::fs::createUniqueFile(options.output + ".f32-%%%%%%", path))
    return fail(kFailed, llvm::createStringError(
                             "--verify: cannot write beside " + options.output +
                             ": " + error.message()));
  llvm::FileRemover remover(path);
  llvm::sys::RemoveFileOnSignal(path);
  llvm::scope_exit forget([&] { llvm::sys::DontRemoveFileOnSignal(path); });
  CompileOptions wide = options;
  wide.precision = "f32";
  wide.output = path.str();
  wide.printIrAfter.clear();
  wide.saveIr.clear();
  Compiler reference(wide);
  reference.model = std::move(model);
  if (int code = reference.compile())
    return code;
  progress.begin("verify");
  try {
    Comparison comparison = compareArtifacts(options.output, wide.output,
                                             options.verify, options.threads);
    for (const std::string &picture : comparison.unreadable)
      warn(picture);
    progress.finish();
    if (llvm::Error error =
            writeStandardOutput(describe(comparison, options.precision)))
      return fail(kFailed, std::move(error));
    return kDone;
  } catch (const run::Failure &failure) {
    return fail(failure.code, llvm::createStringError(failure.what()));
  }
}

/// Whether what is written would replace what the model is made of.  Weights
/// may: they are the same as before.
llvm::Error Compiler::checkOutputIsNoInput() {
  if (options.emit == Emit::Safetensors)
    return llvm::Error::success();
  std::set<std::string> inputs;
  if (model.checkpoint)
    inputs = model.checkpoint->files();
  inputs.insert(model.config.file);
  for (const std::string &input : inputs)
    if (llvm::sys::fs::equivalent(options.output, input))
      return llvm::createStringError("--output=" + options.output +
                                     ": is a file of the model itself");
  return llvm::Error::success();
}

/// Whether every name in --outputs is one that this model has, and none twice.
llvm::Error Compiler::checkOutputs(mlir::ModuleOp module) {
  auto forward = module.lookupSymbol<mlir::func::FuncOp>("forward");
  std::vector<std::string> known = {"hidden_states"};
  for (llvm::StringRef name :
       forward->getAttrOfType<mlir::ArrayAttr>(CvtDialect::kOutputsAttr)
           .getAsValueRange<mlir::StringAttr>())
    known.push_back(name.str());
  bool allStates = llvm::is_contained(options.outputs, "hidden_states");
  for (llvm::StringRef name : options.outputs) {
    if (!llvm::is_contained(known, name))
      return llvm::createStringError("--outputs: this model has no " + name +
                                     "; it has " + llvm::join(known, ", "));
    if (allStates && name.starts_with("hidden_states_"))
      return llvm::createStringError("--outputs: " + name +
                                     " is one of hidden_states already");
  }
  return llvm::Error::success();
}

std::string Compiler::print() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  stream << "\n";
  return text;
}

llvm::Error Compiler::runPhases() {
  for (auto [index, phase] : llvm::enumerate(phases())) {
    if (index > 0)
      progress.begin(phase.name.str());
    if (llvm::Error error = runPhase(*module, phase, pipeline))
      return error;
    if (llvm::Error error = showIr(index, phase))
      return error;
    if (phase.name == "memory")
      planned = module->clone();
    if (stopsAfter(phase.name))
      break;
  }
  return llvm::Error::success();
}

llvm::Error Compiler::showIr(size_t index, const Phase &phase) {
  if (llvm::is_contained(options.printIrAfter, "all") ||
      llvm::is_contained(options.printIrAfter, phase.name)) {
    progress.finish();
    llvm::errs() << "// IR after phase " << phase.name << ": "
                 << phase.description << "\n"
                 << print();
  }
  if (options.saveIr.empty())
    return llvm::Error::success();
  if (std::error_code error = llvm::sys::fs::create_directories(options.saveIr))
    return llvm::createStringError("--save-ir: cannot make the folder " +
                                   options.saveIr + ": " + error.message());
  llvm::SmallString<128> path(options.saveIr);
  llvm::sys::path::append(path,
                          std::to_string(index) + "-" + phase.name + ".mlir");
  return writeFile(path.str().str(), print());
}

llvm::Error Compiler::writeFile(const std::string &path,
                                llvm::StringRef bytes) {
  return writeOutputFile(path, [&](llvm::raw_ostream &stream) {
    stream << bytes;
    return llvm::Error::success();
  });
}

llvm::Error Compiler::writeText(const std::string &text) {
  progress.finish();
  if (options.output.empty() || options.output == "-")
    return writeStandardOutput(text);
  return writeFile(options.output, text);
}

llvm::Expected<KernelCache> Compiler::openCache() const {
  auto generator = generatorIdentity();
  if (!generator)
    return generator.takeError();
  return KernelCache::open(*options.cacheDir, std::move(*generator));
}

/// From the cache or compiled.  A cache that does not work costs time only.
llvm::Expected<std::vector<kernels::CompiledKernel>> Compiler::obtainKernels() {
  std::string warning;
  std::optional<KernelCache> cache;
  if (options.cacheDir) {
    if (auto opened = openCache())
      cache = std::move(*opened);
    else
      warning = llvm::toString(opened.takeError());
  }
  auto compiled = compileKernels(
      *planned, options.threads, cache ? &*cache : nullptr,
      [&](size_t done, size_t total) { progress.advance(done, total); });
  if (!compiled)
    return compiled.takeError();
  progress.finish();
  if (cache && options.verbose) {
    llvm::errs() << "cvt-compile: " << compiled->fromCache << " of "
                 << compiled->kernels.size() << " kernels were in "
                 << cache->path() << "\n";
    for (const std::string &damage : compiled->damaged)
      llvm::errs() << "cvt-compile: " << damage << ": compiled again\n";
  }
  if (warning.empty())
    warning = compiled->warning;
  if (!warning.empty())
    warn("kernels are not kept for the next time: " + warning);
  return std::move(compiled->kernels);
}

llvm::Error Compiler::emitCode() {
  if (options.emit == Emit::Llvm) {
    auto text = translateToLlvmIr(*module);
    return text ? writeText(*text) : text.takeError();
  }
  progress.begin("codegen");
  Program program;
  auto host = compileHostObject(*module);
  if (!host)
    return host.takeError();
  program.host = std::move(*host);
  auto kernels = obtainKernels();
  if (!kernels)
    return kernels.takeError();
  program.kernels = std::move(*kernels);
  progress.begin("write");
  if (options.emit == Emit::Obj) {
    auto object = artifact::linkRelocatable(program.objects());
    return object ? writeFile(options.output, *object) : object.takeError();
  }
  return writeProgram(options.output, program, *planned, model.folder,
                      factsOf(model, options));
}

int main(int argc, char **argv) {
  int exitCode = kDone;
  std::optional<CompileOptions> options = parseOptions(argc, argv, exitCode);
  if (!options)
    return exitCode;
  return Compiler(*options).run();
}
