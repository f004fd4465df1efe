//===- weight_values.h - Values of a module's weight symbols --------------===//
//
// The IR says where weights come from and what is done to them; here that is
// carried out, one tensor at a time, from files that stay mapped.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHT_VALUES_WEIGHT_VALUES_H
#define CVT_COMPILER_WEIGHT_VALUES_WEIGHT_VALUES_H

#include "compiler/weights/mapped_file.h"
#include "compiler/weights/tensor_source.h"
#include "dialect/CvtDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cvt {

/// Evaluates `cvt.weight` and `cvt.prepare` symbols.  Errors are one sentence
/// that names the symbol and, where one is at fault, the file.  Only files are
/// kept between calls, mapped, never values.  One thread at a time.
class WeightValues {
public:
  /// `module` must be verified, must outlive this object and keep its weight
  /// symbols.  The files of `#cvt.stored` are looked for in `folder` and opened
  /// when their first value is asked for.
  WeightValues(mlir::ModuleOp module, std::string folder);

  /// All values of a symbol, row-major; those of bf16, si8 and ui8 symbols are
  /// rounded.
  llvm::Expected<std::vector<float>> evaluate(llvm::StringRef symbol);

  /// The same into memory of the caller, whose size must be the symbol's.
  llvm::Error evaluate(llvm::StringRef symbol, std::span<float> out);

  /// Takes the next bytes of the section; they are the callee's only during
  /// the call.  An error ends writing.
  using Append = llvm::function_ref<llvm::Error(std::span<const std::byte>)>;

  /// Hands over the weights section of a module after memory planning, from
  /// its first byte to its last: every symbol that has a `cvt.section_offset`
  /// at that offset, zeros elsewhere, `cvt.section_bytes` in all.  Symbols must
  /// not overlap.  Needs the memory of a few panels, or of one prepared tensor
  /// that is not packed; the same module and files give the same bytes.
  llvm::Error writeSection(Append append);

private:
  using Source = std::unique_ptr<weights::TensorSource>;

  /// The weight or prepare step of that name, of a size that fits memory.
  llvm::Expected<mlir::Operation *> find(llvm::StringRef symbol) const;

  /// A symbol's values, to be read in any order.  `steps`: the prepare steps
  /// that led here.
  llvm::Expected<Source> open(llvm::StringRef symbol, unsigned steps);
  llvm::Expected<Source> openWeight(WeightOp weight);
  llvm::Expected<std::shared_ptr<const weights::MappedFile>>
  openFile(llvm::StringRef user, llvm::StringRef name);

  /// Hands over a symbol's values from the first to the last, in pieces:
  /// panels where they are packed.
  using Take = llvm::function_ref<llvm::Error(std::span<const float>)>;
  llvm::Error stream(llvm::StringRef symbol, unsigned steps, Take take);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  std::string folder;
  llvm::StringMap<std::shared_ptr<const weights::MappedFile>> files;
};

} // namespace cvt

#endif // CVT_COMPILER_WEIGHT_VALUES_WEIGHT_VALUES_H
