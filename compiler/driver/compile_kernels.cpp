//===- compile_kernels.cpp - All kernels of a module, in parallel ---------===//

#include "compiler/driver/compile_kernels.h"

#include "dialect/CvtDialect.h"

#include "llvm/ADT/STLExtras.h"

#include <atomic>
#include <mutex>
#include <optional>
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

namespace {

/// The kernels of one module; its member functions may be called by any thread.
class Compilation {
public:
  explicit Compilation(const KernelCache *cache) : cache(cache) {}

  llvm::Expected<kernels::CompiledKernel>
  compile(const kernels::KernelSpec &spec);

  /// Once nothing is being compiled any more.
  void finish(CompiledKernels &out);

private:
  std::optional<kernels::CompiledKernel> find(const std::string &symbol);
  /// Of the cache's errors the first is worth telling.
  void warn(llvm::Error error);

  const KernelCache *cache;
  std::mutex mutex;
  size_t found = 0;
  size_t stored = 0;
  std::vector<std::string> damaged;
  std::string warning;
};

} // namespace

void Compilation::warn(llvm::Error error) {
  if (!error)
    return;
  std::string message = llvm::toString(std::move(error));
  std::lock_guard lock(mutex);
  if (warning.empty())
    warning = std::move(message);
}

std::optional<kernels::CompiledKernel>
Compilation::find(const std::string &symbol) {
  auto kernel = cache->find(symbol);
  std::lock_guard lock(mutex);
  if (!kernel) {
    damaged.push_back(llvm::toString(kernel.takeError()));
    return std::nullopt;
  }
  found += kernel->has_value();
  return std::move(*kernel);
}

llvm::Expected<kernels::CompiledKernel>
Compilation::compile(const kernels::KernelSpec &spec) {
  if (cache)
    if (auto kernel = find(kernels::symbolName(spec)))
      return std::move(*kernel);
  auto kernel = kernels::compileKernel(spec);
  if (!kernel || !cache)
    return kernel;
  warn(cache->store(*kernel));
  std::lock_guard lock(mutex);
  ++stored;
  return kernel;
}

void Compilation::finish(CompiledKernels &out) {
  if (stored > 0)
    warn(cache->trim());
  out.fromCache = found;
  llvm::sort(damaged);
  out.damaged = std::move(damaged);
  out.warning = std::move(warning);
}

llvm::Expected<CompiledKernels>
cvt::compileKernels(mlir::ModuleOp module, unsigned threads,
                    const KernelCache *cache,
                    const std::function<void(size_t, size_t)> &onProgress) {
  auto specs = collectSpecs(module);
  if (!specs)
    return specs.takeError();
  size_t total = specs->size();
  CompiledKernels compiled;
  compiled.kernels.resize(total);
  Compilation compilation(cache);
  std::vector<std::string> errors(total);
  std::atomic<size_t> next = 0;
  std::mutex progress;
  size_t done = 0;
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < total;) {
      auto kernel = compilation.compile((*specs)[i]);
      if (kernel)
        compiled.kernels[i] = std::move(*kernel);
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
  compilation.finish(compiled);
  return compiled;
}
