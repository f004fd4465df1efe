//===- phases.cpp - The levels a model passes through, in one table -------===//

#include "compiler/pipeline/phases.h"

#include "compiler/conversion/passes.h"
#include "compiler/memory/passes.h"
#include "compiler/transforms/passes.h"
#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace cvt;

/// The frontend builds this level.
static void populateImport(OpPassManager &, const PipelineOptions &) {}

static void populateFuse(OpPassManager &passes,
                         const PipelineOptions &options) {
  // What is not asked for need not be made fast.
  SelectOutputsPassOptions select;
  select.outputs.assign(options.outputs.begin(), options.outputs.end());
  if (!options.outputs.empty())
    passes.addPass(createSelectOutputsPass(select));
  // Shared maps and class tokens become visible as one value.
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createFoldBatchNormPass());
  // Before epilogues are fused, so that there are only plain ops to move
  // through; then what only the other tokens needed is dead.
  passes.addPass(createShrinkToClassTokenPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createFuseDepthwiseConvsPass());
  passes.addPass(createFuseEpiloguesPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSymbolDCEPass());
}

static void populatePrecision(OpPassManager &passes,
                              const PipelineOptions &options) {
  AssignFormatsPassOptions formats;
  formats.format = options.precision;
  passes.addPass(createAssignFormatsPass(formats));
}

static void populateKernels(OpPassManager &passes,
                            const PipelineOptions &options) {
  ConvertCvtToKernelsOptions kernels;
  kernels.targets.assign(options.targets.begin(), options.targets.end());
  passes.addPass(createConvertCvtToKernels(kernels));
  // No CSE from here to the memory phase: copies of one value that have
  // different places to be are not the same.
  passes.addPass(createSymbolDCEPass());
}

static void populateMemory(OpPassManager &passes,
                           const PipelineOptions &options) {
  PlanMemoryOptions plan;
  plan.maxBatch = options.maxBatch;
  passes.addPass(createPlanMemory(plan));
  passes.addPass(createCSEPass());
}

static void populateLlvm(OpPassManager &passes, const PipelineOptions &) {
  passes.addPass(createConvertCvtToLlvm());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

ArrayRef<Phase> cvt::phases() {
  static const Phase table[] = {
      {"import", "the model as the paper draws it", populateImport},
      {"fuse", "fewer, larger ops: folded norms, fused epilogues, no dead work",
       populateFuse},
      {"precision", "every op has its number format", populatePrecision},
      {"kernels", "every op is a launch of a kernel on packed weights",
       populateKernels},
      {"memory", "every buffer has its place in one arena", populateMemory},
      {"llvm", "the host function in the LLVM dialect", populateLlvm},
  };
  return table;
}

const Phase *cvt::findPhase(StringRef name) {
  for (const Phase &phase : phases())
    if (phase.name == name)
      return &phase;
  return nullptr;
}

std::string cvt::phaseNames() {
  return llvm::join(
      llvm::map_range(phases(),
                      [](const Phase &phase) { return phase.name.str(); }),
      ", ");
}

void cvt::registerDialects(DialectRegistry &registry) {
  registry.insert<CvtDialect, func::FuncDialect, memref::MemRefDialect,
                  LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

namespace {

/// PipelineOptions as options of a textual pipeline.
struct PhasePipelineOptions : PassPipelineOptions<PhasePipelineOptions> {
  ListOption<std::string> outputs{*this, "outputs",
                                  llvm::cl::desc("results to keep")};
  ListOption<std::string> targets{*this, "targets",
                                  llvm::cl::desc("CPU targets, best first")};
  Option<int64_t> maxBatch{*this, "max-batch", llvm::cl::desc("largest batch"),
                           llvm::cl::init(8)};
  Option<Format> precision{
      *this, "precision", llvm::cl::desc("number format"),
      llvm::cl::init(Format::F32),
      llvm::cl::values(clEnumValN(Format::F32, "f32", "single precision"),
                       clEnumValN(Format::Bf16, "bf16", "bfloat16"),
                       clEnumValN(Format::I8, "int8", "8-bit integers"))};
};

} // namespace

static void registerPhase(const Phase &phase) {
  static std::vector<
      std::unique_ptr<PassPipelineRegistration<PhasePipelineOptions>>>
      registrations;
  std::string name = ("cvt-phase-" + phase.name).str();
  registrations.push_back(
      std::make_unique<PassPipelineRegistration<PhasePipelineOptions>>(
          name, phase.description,
          [&phase](OpPassManager &passes, const PhasePipelineOptions &given) {
            PipelineOptions options;
            options.outputs.assign(given.outputs.begin(), given.outputs.end());
            options.targets.assign(given.targets.begin(), given.targets.end());
            options.maxBatch = given.maxBatch;
            options.precision = given.precision;
            phase.populate(passes, options);
          }));
}

void cvt::registerPasses() {
  registerCvtTransformsPasses();
  registerCvtConversionPasses();
  registerCvtMemoryPasses();
  // The first phase has no passes.
  for (const Phase &phase : phases().drop_front())
    registerPhase(phase);
}
