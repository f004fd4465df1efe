//===- compile_kernels.cpp - All kernels of a module, in parallel ---------===//

#include "compiler/driver/compile_kernels.h"

#include "dialect/CvtDialect.h"

#include <atomic>
#include <mutex>
#include <thread>

using namespace cvt;

static llvm::Expected<std::vector<kernels::KernelSpec>>
collectSpecs(mlir::ModuleOp module) {
  std::vector<kernels::KernelSpec> specs;
  for (KernelOp kernel : module.getOps<KernelOp>()) {
    auto spec = kernels::parseSymbolName(kernel.getSymName());
    if (!spec)
      return llvm::createStringError("'" + kernel.getSymName() +
                                     "' is not the specification of a kernel");
    specs.push_back(*spec);
  }
  return specs;
}

llvm::Expected<std::vector<kernels::CompiledKernel>>
cvt::compileKernels(mlir::ModuleOp module, unsigned threads,
                    const std::function<void(size_t, size_t)> &onProgress) {
  auto specs = collectSpecs(module);
  if (!specs)
    return specs.takeError();
  size_t total = specs->size();
  std::vector<kernels::CompiledKernel> compiled(total);
  std::vector<std::string> errors(total);
  std::atomic<size_t> next = 0;
  std::mutex progress;
  size_t done = 0;
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < total;) {
      auto kernel = kernels::compileKernel((*specs)[i]);
      if (kernel)
        compiled[i] = std::move(*kernel);
      else
        errors[i] = llvm::toString(kernel.takeError());
      std::lock_guard lock(progress);
      onProgress(++done, total);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < threads && i < total; ++i)
      workers.emplace_back(work);
    work();
  }
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return compiled;
}
