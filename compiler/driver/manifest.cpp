//===- manifest.cpp - What an artifact says about itself ------------------===//

#include "compiler/driver/manifest.h"

#include "compiler/kernels/compile_kernel.h"
#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir;
using namespace cvt;

std::string cvt::compilerVersion() {
  return std::string("cvtc " CVT_VERSION ", LLVM " LLVM_VERSION_STRING
                     ", Halide ") +
         kernels::halideVersion();
}

static llvm::json::Array toJson(ArrayRef<int64_t> shape) {
  llvm::json::Array array;
  for (int64_t extent : shape)
    array.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
  return array;
}

/// Outputs are the memref arguments before the last, the batch.
static llvm::json::Array describeOutputs(func::FuncOp function) {
  auto names = function->getAttrOfType<ArrayAttr>(CvtDialect::kOutputsAttr);
  size_t first = function.getNumArguments() - 1 - names.size();
  llvm::json::Array outputs;
  for (auto [index, name] :
       llvm::enumerate(names.getAsValueRange<StringAttr>())) {
    auto type = cast<MemRefType>(function.getArgument(first + index).getType());
    outputs.push_back(
        llvm::json::Object{{"name", name}, {"shape", toJson(type.getShape())}});
  }
  return outputs;
}

namespace {

/// The kernels one function calls, in the order of their first call.
struct KernelUse {
  explicit KernelUse(func::FuncOp function) {
    SymbolTableCollection symbols;
    for (LaunchOp launch : function.getOps<LaunchOp>()) {
      auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(
          launch, launch.getKernelAttr());
      ++calls[kernel];
      flops += kernel.getFlops();
    }
  }

  llvm::json::Array toJson() const {
    llvm::json::Array array;
    for (auto [op, count] : calls) {
      auto kernel = cast<KernelOp>(op);
      array.push_back(llvm::json::Object{
          {"name", kernel.getSymName()},
          {"calls", count},
          {"flops_per_image", static_cast<int64_t>(kernel.getFlops())},
          {"bytes_per_image", static_cast<int64_t>(kernel.getBytes())}});
    }
    return array;
  }

  llvm::MapVector<Operation *, int64_t> calls;
  int64_t flops = 0;
};

} // namespace

static llvm::json::Object describeTarget(func::FuncOp function) {
  auto name = function->getAttrOfType<StringAttr>(CvtDialect::kTargetAttr);
  auto target = kernels::parseCpuTarget(name.getValue());
  llvm::json::Array features;
  for (std::string_view feature : kernels::cpuTargetInfo(*target).cpuFeatures)
    features.push_back(std::string(feature));
  return llvm::json::Object{{"name", name.getValue()},
                            {"cpu_features", std::move(features)},
                            {"kernels", KernelUse(function).toJson()}};
}

llvm::json::Object cvt::buildManifest(ModuleOp planned, const ModelFacts &facts,
                                      int64_t scratchBytesPerThread) {
  llvm::json::Array targets, labels(facts.labels);
  int64_t arenaBytes = 0;
  for (auto function : planned.getOps<func::FuncOp>()) {
    targets.push_back(describeTarget(function));
    arenaBytes = std::max(
        arenaBytes,
        function->getAttrOfType<IntegerAttr>(CvtDialect::kArenaAttr).getInt());
  }
  func::FuncOp first = *planned.getOps<func::FuncOp>().begin();
  return llvm::json::Object{
      {"compiler", compilerVersion()},
      {"model", llvm::json::Object{{"architecture", facts.architecture},
                                   {"activation", facts.activation},
                                   {"source_sha256", facts.sourceSha256},
                                   {"config", facts.config}}},
      {"precision", facts.precision},
      {"max_batch", facts.maxBatch},
      {"input", llvm::json::Object{{"name", "pixel_values"},
                                   {"shape", toJson(facts.inputShape)}}},
      {"outputs", describeOutputs(first)},
      {"labels", std::move(labels)},
      {"problem_type", facts.problemType ? llvm::json::Value(*facts.problemType)
                                         : llvm::json::Value(nullptr)},
      {"image_processor", facts.imageProcessor},
      {"arena_bytes_per_image", arenaBytes},
      {"scratch_bytes_per_thread", scratchBytesPerThread},
      {"flops_per_image", KernelUse(first).flops},
      {"targets", std::move(targets)}};
}
