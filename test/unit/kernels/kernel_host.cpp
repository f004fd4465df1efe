//===- kernel_host.cpp - Compiles, loads and runs kernels in tests --------===//

#include "test/unit/kernels/kernel_host.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace cvt::kernels {

namespace {

/// What the symbols below get as user context.
struct RunContext {
  int threads;
  int64_t scratchBytes;
  bool memory;
  std::mutex mutex;
  std::string error;

  void fail(const std::string &what) {
    std::lock_guard<std::mutex> lock(mutex);
    if (error.empty())
      error = what;
  }
};

/// The scratch memory of one thread: a stack, as in the runtime.
struct ScratchStack {
  static constexpr size_t kAlignment = 128;
  std::vector<std::pair<void *, int64_t>> live;
  int64_t used = 0;
};
thread_local ScratchStack scratch;

void *scratchAllocate(void *context, size_t bytes) {
  auto *run = static_cast<RunContext *>(context);
  if (!run->memory)
    return nullptr;
  size_t rounded = (bytes + ScratchStack::kAlignment - 1) /
                   ScratchStack::kAlignment * ScratchStack::kAlignment;
  scratch.used += rounded;
  if (scratch.used > run->scratchBytes)
    run->fail("more scratch memory is used than scratchBytes says");
  void *p = std::aligned_alloc(ScratchStack::kAlignment, rounded);
  std::memset(p, 0xff, rounded); // NaN: what is not written first shows
  scratch.live.emplace_back(p, rounded);
  return p;
}

void scratchFree(void *context, void *p) {
  auto *run = static_cast<RunContext *>(context);
  if (!p)
    return;
  if (scratch.live.empty() || scratch.live.back().first != p)
    return run->fail("scratch memory is not freed in reverse order");
  scratch.used -= scratch.live.back().second;
  scratch.live.pop_back();
  std::free(p);
}

int parallelFor(void *context, halide_task_t task, int first, int count,
                uint8_t *closure) {
  std::atomic<int> next{first}, result{0};
  auto work = [&] {
    for (int i; (i = next.fetch_add(1)) < first + count;)
      if (int error = task(context, i, closure))
        result = error;
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < static_cast<RunContext *>(context)->threads; i++)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
  return result;
}

int reportOutOfMemory(void *context) {
  static_cast<RunContext *>(context)->fail("out of memory");
  return -1;
}

/// For all other halide_error_* functions, which differ in their arguments.
int reportAssertion(void *context) {
  static_cast<RunContext *>(context)->fail("an assertion of the kernel failed");
  return -1;
}

/// The symbols that `object` leaves undefined, bound to the functions here.
llvm::Expected<llvm::orc::SymbolMap>
bindExternals(llvm::orc::LLJIT &jit, llvm::MemoryBufferRef object) {
  auto file = llvm::object::ObjectFile::createELFObjectFile(object);
  if (!file)
    return file.takeError();
  llvm::orc::SymbolMap symbols;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    if (!(cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined))
      continue;
    llvm::StringRef name = cantFail(symbol.getName());
    void *address = nullptr;
    if (name == "halide_do_par_for")
      address = reinterpret_cast<void *>(&parallelFor);
    else if (name == "halide_malloc")
      address = reinterpret_cast<void *>(&scratchAllocate);
    else if (name == "halide_free")
      address = reinterpret_cast<void *>(&scratchFree);
    else if (name == "halide_error_out_of_memory")
      address = reinterpret_cast<void *>(&reportOutOfMemory);
    else if (name.starts_with("halide_error_"))
      address = reinterpret_cast<void *>(&reportAssertion);
    else if (name == "memcpy")
      address = reinterpret_cast<void *>(&std::memcpy);
    else if (name == "memmove")
      address = reinterpret_cast<void *>(&std::memmove);
    else if (name == "memset")
      address = reinterpret_cast<void *>(&std::memset);
    else if (!name.empty())
      return llvm::createStringError("undefined symbol " + name.str());
    if (address)
      symbols[jit.mangleAndIntern(name)] = {
          llvm::orc::ExecutorAddr::fromPtr(address),
          llvm::JITSymbolFlags::Exported};
  }
  return symbols;
}

/// Calls a kernel with its user context and `sizeof...(I)` buffers.
template <size_t... I>
int call(void *entry, RunContext &context,
         std::span<halide_buffer_t *const> arguments,
         std::index_sequence<I...>) {
  using Buffer = halide_buffer_t *;
  using Function = int (*)(void *, decltype((void)I, Buffer())...);
  return reinterpret_cast<Function>(entry)(&context, arguments[I]...);
}

int call(void *entry, RunContext &context,
         std::span<halide_buffer_t *const> arguments) {
  switch (arguments.size()) {
#define CVT_CALL(N)                                                            \
  case N:                                                                      \
    return call(entry, context, arguments, std::make_index_sequence<N>());
    CVT_CALL(2)
    CVT_CALL(3)
    CVT_CALL(4)
    CVT_CALL(5)
    CVT_CALL(7)
    CVT_CALL(8)
    CVT_CALL(10)
#undef CVT_CALL
  default:
    context.fail("no kernel has that many arguments");
    return -1;
  }
}

} // namespace

llvm::Expected<LoadedKernel> LoadedKernel::make(const KernelSpec &spec,
                                                bool asserts) {
  static bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;

  LoadedKernel loaded;
  auto compiled = compileKernel(spec, asserts);
  if (!compiled)
    return compiled.takeError();
  loaded.kernel = std::move(*compiled);

  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto object = llvm::MemoryBuffer::getMemBufferCopy(loaded.kernel.object,
                                                     loaded.kernel.symbol);
  auto externals = bindExternals(**jit, object->getMemBufferRef());
  if (!externals)
    return externals.takeError();
  llvm::orc::JITDylib &library = (*jit)->getMainJITDylib();
  if (llvm::Error error =
          library.define(llvm::orc::absoluteSymbols(std::move(*externals))))
    return error;
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object)))
    return error;
  auto address = (*jit)->lookup(loaded.kernel.symbol);
  if (!address)
    return address.takeError();
  loaded.entry = address->toPtr<void *>();
  loaded.jit = std::move(*jit);
  return loaded;
}

std::string LoadedKernel::run(std::span<halide_buffer_t *const> arguments,
                              int threads, bool memory) const {
  RunContext context{threads, kernel.scratchBytes, memory, {}, {}};
  int result = call(entry, context, arguments);
  if (result != 0 && context.error.empty())
    context.error = "the kernel returned " + std::to_string(result);
  return context.error;
}

} // namespace cvt::kernels
