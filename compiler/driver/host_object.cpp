//===- host_object.cpp - The host program as LLVM IR and as object code ---===//

#include "compiler/driver/host_object.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

static constexpr llvm::StringLiteral kTriple = "x86_64-unknown-linux-gnu";

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> hostMachine() {
  static std::once_flag registered;
  std::call_once(registered, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  llvm::Triple triple(kTriple);
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "x86-64", "", llvm::TargetOptions(), llvm::Reloc::PIC_,
      /*CodeModel=*/std::nullopt, llvm::CodeGenOptLevel::Default));
}

static llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp module, llvm::LLVMContext &context) {
  auto machine = hostMachine();
  if (!machine)
    return machine.takeError();
  std::unique_ptr<llvm::Module> translated =
      mlir::translateModuleToLLVMIR(module, context, "program");
  if (!translated)
    return llvm::createStringError(
        "the host program cannot be translated to LLVM IR");
  translated->setTargetTriple(llvm::Triple(kTriple));
  translated->setDataLayout((*machine)->createDataLayout());
  return translated;
}

llvm::Expected<std::string> cvt::translateToLlvmIr(mlir::ModuleOp module) {
  llvm::LLVMContext context;
  auto translated = translate(module, context);
  if (!translated)
    return translated.takeError();
  std::string text;
  llvm::raw_string_ostream stream(text);
  (*translated)->print(stream, /*AAW=*/nullptr);
  return text;
}

llvm::Expected<std::string> cvt::compileHostObject(mlir::ModuleOp module) {
  llvm::LLVMContext context;
  auto translated = translate(module, context);
  if (!translated)
    return translated.takeError();
  auto machine = hostMachine();
  if (!machine)
    return machine.takeError();
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, /*DwoOut=*/nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("LLVM cannot write x86-64 objects");
  passes.run(**translated);
  return object.str().str();
}
