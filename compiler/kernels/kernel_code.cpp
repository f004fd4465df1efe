//===- kernel_code.cpp - Kernels in memory --------------------------------===//

#include "compiler/kernels/kernel_code.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace cvt::kernels {

/// The function that an object means by `name`, or null.
static void *findService(llvm::StringRef name, const KernelServices &services) {
  if (name == "halide_do_par_for")
    return reinterpret_cast<void *>(services.parallelFor);
  if (name == "halide_malloc")
    return reinterpret_cast<void *>(services.allocate);
  if (name == "halide_free")
    return reinterpret_cast<void *>(services.free);
  if (name == "halide_error_out_of_memory")
    return reinterpret_cast<void *>(services.outOfMemory);
  // They differ in their arguments, but the first is the context.
  if (name.starts_with("halide_error_"))
    return reinterpret_cast<void *>(services.assertionFailed);
  if (name == "memcpy")
    return reinterpret_cast<void *>(&std::memcpy);
  if (name == "memmove")
    return reinterpret_cast<void *>(&std::memmove);
  if (name == "memset")
    return reinterpret_cast<void *>(&std::memset);
  return nullptr;
}

/// The symbols that `object` leaves undefined, bound to the services.
static llvm::Expected<llvm::orc::SymbolMap>
bindExternals(llvm::orc::LLJIT &jit, llvm::MemoryBufferRef object,
              const KernelServices &services) {
  auto file = llvm::object::ObjectFile::createELFObjectFile(object);
  if (!file)
    return file.takeError();
  llvm::orc::SymbolMap symbols;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    if (!(cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined))
      continue;
    const llvm::StringRef name = cantFail(symbol.getName());
    if (name.empty())
      continue;
    void *address = findService(name, services);
    if (!address)
      return llvm::createStringError("undefined symbol " + name.str());
    symbols[jit.mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  }
  return symbols;
}

llvm::Expected<KernelCode> KernelCode::load(const CompiledKernel &kernel,
                                            const KernelServices &services) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;

  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto object =
      llvm::MemoryBuffer::getMemBufferCopy(kernel.object, kernel.symbol);
  auto externals = bindExternals(**jit, object->getMemBufferRef(), services);
  if (!externals)
    return externals.takeError();
  llvm::orc::JITDylib &library = (*jit)->getMainJITDylib();
  if (llvm::Error error =
          library.define(llvm::orc::absoluteSymbols(std::move(*externals))))
    return error;
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object)))
    return error;
  auto address = (*jit)->lookup(kernel.symbol);
  if (!address)
    return address.takeError();

  KernelCode code;
  code.entry = address->toPtr<void *>();
  code.jit = std::move(*jit);
  return code;
}

using Buffers = std::span<halide_buffer_t *const>;

/// Calls a kernel of `sizeof...(I)` buffers.
template <size_t... I>
static int callWith(void *entry, void *context, Buffers arguments,
                    std::index_sequence<I...>) {
  using Buffer = halide_buffer_t *;
  using Function = int (*)(void *, decltype((void)I, Buffer())...);
  return reinterpret_cast<Function>(entry)(context, arguments[I]...);
}

/// Calls a kernel of `count` buffers or less.
template <size_t count>
static int callUpTo(void *entry, void *context, Buffers arguments) {
  if constexpr (count > 1)
    if (arguments.size() < count)
      return callUpTo<count - 1>(entry, context, arguments);
  assert(arguments.size() == count && "too few or too many arguments");
  return callWith(entry, context, arguments, std::make_index_sequence<count>());
}

int KernelCode::call(void *context, Buffers arguments) const {
  constexpr size_t most = 12;
  return callUpTo<most>(entry, context, arguments);
}

} // namespace cvt::kernels
