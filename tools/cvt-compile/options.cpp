//===- options.cpp - The command line of cvt-compile ----------------------===//

#include "tools/cvt-compile/options.h"

#include "compiler/driver/kernel_cache.h"
#include "compiler/driver/manifest.h"
#include "compiler/kernels/cpu_target.h"
#include "compiler/pipeline/phases.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <sched.h>

using namespace cvt;

static constexpr int64_t kMaxImagePixels = 32768;
static constexpr int64_t kMaxBatchLimit = 4096;

/// CPUs that this process may use.
static unsigned availableThreads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return std::max(1, CPU_COUNT(&set));
}

static std::optional<int64_t> parseExtent(llvm::StringRef text) {
  int64_t extent;
  if (text.empty() || !llvm::all_of(text, llvm::isDigit) ||
      text.getAsInteger(10, extent) || extent < 1 || extent > kMaxImagePixels)
    return std::nullopt;
  return extent;
}

static ImageSizeOption parseImageSize(const std::string &text) {
  auto [height, width] = llvm::StringRef(text).split('x');
  bool isSquare = !llvm::StringRef(text).contains('x');
  auto h = parseExtent(height), w = parseExtent(isSquare ? height : width);
  if (!h || !w)
    throw CLI::ValidationError("--image-size=" + text,
                               "expected N or HxW, each from 1 to " +
                                   std::to_string(kMaxImagePixels));
  return {*h, *w, isSquare};
}

static std::vector<std::string> splitList(const std::string &flag,
                                          const std::string &text) {
  std::vector<std::string> items;
  for (llvm::StringRef item : llvm::split(text, ',')) {
    if (item.empty())
      throw CLI::ValidationError("--" + flag + "=" + text,
                                 "expected names separated by commas");
    if (llvm::is_contained(items, item))
      throw CLI::ValidationError("--" + flag + "=" + text,
                                 "names " + item.str() + " twice");
    items.push_back(item.str());
  }
  return items;
}

static std::string resolveTarget(const std::string &name) {
  if (name != "native") {
    if (!kernels::parseCpuTarget(name))
      throw CLI::ValidationError(
          "--target=" + name,
          "expected native, x86-64-v3, x86-64-v4, icelake or znver4");
    return name;
  }
  auto native = kernels::nativeCpuTarget();
  if (!native)
    throw CLI::ValidationError("--target=native",
                               llvm::toString(native.takeError()));
  return std::string(kernels::cpuTargetInfo(*native).name);
}

static void checkPhase(const std::string &flag, const std::string &name) {
  if (!findPhase(name))
    throw CLI::ValidationError("--" + flag + "=" + name,
                               "expected one of " + phaseNames());
}

namespace {

/// Flags as text, before they are checked.
struct RawOptions {
  std::string imageSize;
  std::string outputs;
  std::string target = "native";
  std::string printIrAfter;
  std::string emit = "artifact";
  std::string seed;
  std::string cacheDir;
};

} // namespace

static void addModelFlags(CLI::App &app, CompileOptions &options,
                          RawOptions &raw) {
  app.add_option("MODEL", options.model,
                 "Folder with config.json and weights (and "
                 "preprocessor_config.json), the name of a model in Hugging "
                 "Face's cache, or a config.json with --random-weights or "
                 "--weights; e.g. models/cvt-13 or microsoft/cvt-13")
      ->required();
  app.add_option("-o,--output", options.output,
                 "File to write; e.g. -o cvt-13.cvt. With --emit=mlir or llvm "
                 "the default is standard output");
  app.add_option("--weights", options.weights,
                 "File of weights, the index of several, or another folder "
                 "to look in, instead of the model folder's model.safetensors, "
                 "pytorch_model.bin or tf_model.h5; a file's content says "
                 "which format it is; e.g. --weights=CvT-13-224x224-IN-1k.pth")
      ->type_name("FILE|FOLDER");
  app.add_flag("--init-missing", options.initMissing,
               "Draw weights at random, with a warning, that the file does not "
               "have, such as the classifier where it is of a bare CvtModel");
  app.add_flag("--ignore-mismatched-sizes", options.ignoreMismatchedSizes,
               "Draw weights at random, with a warning, where the file's have "
               "another shape than config.json says, such as a classifier for "
               "other labels");
  app.add_option("--random-weights", raw.seed,
                 "Draw weights as Hugging Face initialises them; e.g. "
                 "--random-weights=7 (default seed 0)")
      ->expected(0, 1)
      ->default_str("0");
  app.add_option("--activation", options.activation,
                 "Function in the MLPs: gelu, the exact one, which Hugging "
                 "Face's classes compute; or quick_gelu, x * sigmoid(1.702 x), "
                 "which the original repository trained with; e.g. "
                 "--activation=quick_gelu. Default: quick_gelu for weights "
                 "with the original repository's names, else gelu")
      ->check(CLI::IsMember({"gelu", "quick_gelu"}));
  app.add_option("--image-size", raw.imageSize,
                 "N: pictures of N x N pixels; HxW: tensors of that size only; "
                 "e.g. --image-size=384. Default: the processor's size, else "
                 "config.image_size, else 224");
  app.add_option("--max-batch", options.maxBatch,
                 "Any batch from 1 to N at run time; e.g. --max-batch=32")
      ->check(CLI::Range(int64_t(1), kMaxBatchLimit))
      ->capture_default_str();
  app.add_option(
         "--precision", options.precision,
         "Number format of weights and products: f32; bf16, which rounds "
         "to 8 bits, and is faster on CPUs with bf16 instructions; or "
         "int8, which is the fastest: "
         "linear layers, attention and all convolutions but the first "
         "multiply 8-bit integers, the rest is as in bf16; e.g. "
         "--precision=bf16")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}))
      ->capture_default_str();
  app.add_option("--verify", options.verify,
                 "Compile in f32 as well, and print how far each output is "
                 "from that: on random inputs, or on the pictures in a "
                 "folder; e.g. --verify=random")
      ->type_name("random|FOLDER");
  app.add_option("--outputs", raw.outputs,
                 "Results to compute, in this order: logits, "
                 "last_hidden_state, cls_token_value, hidden_states; e.g. "
                 "--outputs=logits,hidden_states. Default: what the "
                 "architecture returns");
  app.add_option(
         "--target", raw.target,
         "Instruction sets to generate code for, the best one is chosen "
         "at load: native, x86-64-v3, x86-64-v4, icelake, znver4; e.g. "
         "--target=znver4,x86-64-v3")
      ->capture_default_str();
}

static void addIrFlags(CLI::App &app, CompileOptions &options,
                       RawOptions &raw) {
  app.add_option("--stop-after", options.stopAfter,
                 "Stop after a phase (" + phaseNames() +
                     ") and print the IR; e.g. --stop-after=fuse");
  app.add_option("--print-ir-after", raw.printIrAfter,
                 "Print the IR after these phases, or all, to standard error; "
                 "e.g. --print-ir-after=import,fuse");
  app.add_option("--save-ir", options.saveIr,
                 "Write the IR after each phase into a folder; e.g. "
                 "--save-ir=ir");
  app.add_option("--emit", raw.emit,
                 "What to write: artifact, mlir (the last phase's IR), llvm "
                 "(the host program's LLVM IR), obj (one relocatable object "
                 "of host program and kernels) or safetensors (the weights, "
                 "as Hugging Face names them); e.g. --emit=llvm")
      ->check(CLI::IsMember({"artifact", "mlir", "llvm", "obj", "safetensors"}))
      ->capture_default_str();
  app.add_option("--threads", options.threads,
                 "Threads to compile with; e.g. --threads=2. Default: one for "
                 "each CPU")
      ->check(CLI::Range(1u, 1024u));
  app.add_option("--cache-dir", raw.cacheDir,
                 "Folder that keeps compiled kernels for the next time, at "
                 "most 256 MB of them, or none; e.g. --cache-dir=none. "
                 "Default: $XDG_CACHE_HOME/cvtc, else ~/.cache/cvtc");
  app.add_flag("-v,--verbose", options.verbose,
               "Say what each phase took and what the cache had, on "
               "standard error");
}

static void checkVerify(const CompileOptions &options) {
  if (options.precision == "f32" || options.emit != Emit::Artifact)
    throw CLI::ValidationError("--verify", "only goes with artifacts in bf16 "
                                           "or int8");
  if (options.verify != "random" &&
      !llvm::sys::fs::is_directory(options.verify))
    throw CLI::ValidationError("--verify=" + options.verify,
                               "expected random or a folder of pictures");
}

static Emit parseEmit(llvm::StringRef name) {
  return llvm::StringSwitch<Emit>(name)
      .Case("mlir", Emit::Mlir)
      .Case("llvm", Emit::Llvm)
      .Case("obj", Emit::Obj)
      .Case("safetensors", Emit::Safetensors)
      .Default(Emit::Artifact);
}

/// Turns text into values; throws CLI::ValidationError.
static void check(const CLI::App &app, CompileOptions &options,
                  const RawOptions &raw) {
  if (app.count("--weights") && options.weights.empty())
    throw CLI::ValidationError("--weights=", "expected a file or folder");
  if (app.count("--weights") && app.count("--random-weights"))
    throw CLI::ValidationError("--weights", "does not go with "
                                            "--random-weights");
  if (app.count("--random-weights")) {
    uint64_t seed;
    if (llvm::StringRef(raw.seed).getAsInteger(10, seed))
      throw CLI::ValidationError("--random-weights=" + raw.seed,
                                 "expected a number from 0 to 2^64 - 1");
    options.randomSeed = seed;
  }
  if (!raw.imageSize.empty())
    options.imageSize = parseImageSize(raw.imageSize);
  if (!raw.outputs.empty())
    options.outputs = splitList("outputs", raw.outputs);
  for (const std::string &name : splitList("target", raw.target))
    if (std::string target = resolveTarget(name);
        !llvm::is_contained(options.targets, target))
      options.targets.push_back(target);
  if (!options.stopAfter.empty())
    checkPhase("stop-after", options.stopAfter);
  if (!raw.printIrAfter.empty())
    options.printIrAfter = splitList("print-ir-after", raw.printIrAfter);
  for (const std::string &name : options.printIrAfter)
    if (name != "all")
      checkPhase("print-ir-after", name);
  options.emit = parseEmit(raw.emit);
  bool wantsIr = !options.printIrAfter.empty() || !options.saveIr.empty();
  if (options.emit == Emit::Safetensors && wantsIr)
    throw CLI::ValidationError("--emit=safetensors", "makes no IR to show");
  if (!options.stopAfter.empty() && app.count("--emit") &&
      options.emit != Emit::Mlir)
    throw CLI::ValidationError("--stop-after", "only goes with --emit=mlir");
  if (!options.stopAfter.empty())
    options.emit = Emit::Mlir;
  if (app.count("--cache-dir") && raw.cacheDir.empty())
    throw CLI::ValidationError("--cache-dir=", "expected a folder, or none");
  if (raw.cacheDir != "none")
    options.cacheDir =
        raw.cacheDir.empty() ? KernelCache::defaultFolder() : raw.cacheDir;
  if (app.count("--verify"))
    checkVerify(options);
  bool toStandardOutput =
      options.emit == Emit::Mlir || options.emit == Emit::Llvm;
  if (options.output == "-") {
    if (!toStandardOutput)
      throw CLI::ValidationError("-o -", "expected a file: only --emit=mlir "
                                         "and llvm go to standard output");
    options.output.clear();
  }
  if (options.output.empty() && !toStandardOutput)
    throw CLI::RequiredError("-o");
}

std::optional<CompileOptions> cvt::parseOptions(int argc, char **argv,
                                                int &exitCode) {
  CLI::App app("Compiles a CvT model of Hugging Face's into one file that "
               "cvt-run executes.");
  app.name("cvt-compile");
  app.footer("Example: cvt-compile models/cvt-13 -o cvt-13.cvt\n"
             "Exit codes: 0 done; 1 failed while running; 2 wrong usage; "
             "3 the model is bad.");
  CompileOptions options;
  options.threads = availableThreads();
  RawOptions raw;
  app.set_version_flag("--version", compilerVersion());
  addModelFlags(app, options, raw);
  addIrFlags(app, options, raw);
  try {
    app.parse(argc, argv);
    check(app, options, raw);
    return options;
  } catch (const CLI::Success &success) {
    exitCode = app.exit(success);
    if (!std::cout.flush()) {
      std::fprintf(stderr, "cvt-compile: cannot write to standard output\n");
      exitCode = 1;
    }
  } catch (const CLI::Error &error) {
    llvm::StringRef message(error.what());
    std::fprintf(stderr, "cvt-compile: %s; try cvt-compile --help\n",
                 message.rtrim(". \n").str().c_str());
    exitCode = 2;
  }
  return std::nullopt;
}
