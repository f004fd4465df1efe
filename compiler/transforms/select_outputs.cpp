//===- select_outputs.cpp - Keeps the requested outputs -------------------===//

#include "compiler/transforms/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_SELECTOUTPUTSPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

constexpr StringLiteral kFunction = "forward";
/// Stands for all outputs whose name is this, `_` and a number.
constexpr StringLiteral kHiddenStates = "hidden_states";

bool isHiddenState(StringRef name) {
  unsigned index;
  return name.consume_front(kHiddenStates) && name.consume_front("_") &&
         !name.getAsInteger(10, index);
}

/// Which of `names` `request` stands for: one, or all hidden states.
SmallVector<size_t> matches(ArrayRef<StringRef> names, StringRef request) {
  SmallVector<size_t> indices;
  for (auto [index, name] : llvm::enumerate(names))
    if (name == request || (request == kHiddenStates && isHiddenState(name)))
      indices.push_back(index);
  return indices;
}

/// Which results of `function` to keep, in order.
FailureOr<SmallVector<size_t>> select(func::FuncOp function,
                                      ArrayRef<StringRef> names,
                                      ArrayRef<std::string> requests) {
  if (requests.empty())
    return function.emitOpError("must keep at least one output");
  SmallVector<size_t> selection;
  for (StringRef request : requests) {
    SmallVector<size_t> found = matches(names, request);
    if (found.empty()) {
      bool hasHiddenStates = llvm::any_of(names, isHiddenState);
      return function.emitOpError()
             << "has no output '" << request
             << "'; its outputs are: " << llvm::join(names, ", ")
             << (hasHiddenStates ? ", hidden_states" : "");
    }
    for (size_t index : found) {
      if (llvm::is_contained(selection, index))
        return function.emitOpError()
               << "is asked twice for output '" << names[index] << "'";
      selection.push_back(index);
    }
  }
  return selection;
}

/// Makes `function` return its results `selection` only.
void keep(func::FuncOp function, ArrayRef<StringRef> names,
          ArrayRef<size_t> selection) {
  auto returnOp = cast<func::ReturnOp>(function.front().getTerminator());
  SmallVector<Value> values;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<StringRef> keptNames;
  for (size_t index : selection) {
    values.push_back(returnOp.getOperand(index));
    keptNames.push_back(names[index]);
    attributes.push_back(DictionaryAttr::get(function.getContext(),
                                             function.getResultAttrs(index)));
  }
  Builder builder(function);
  returnOp.getOperandsMutable().assign(values);
  function.setType(builder.getFunctionType(function.getArgumentTypes(),
                                           ValueRange(values).getTypes()));
  function.setAllResultAttrs(attributes);
  function->setAttr(cvt::CvtDialect::kOutputsAttr,
                    builder.getStrArrayAttr(keptNames));
}

struct SelectOutputs : cvt::impl::SelectOutputsPassBase<SelectOutputs> {
  using SelectOutputsPassBase::SelectOutputsPassBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

  LogicalResult run() {
    auto function = getOperation().lookupSymbol<func::FuncOp>(kFunction);
    if (!function || !function.getBody().hasOneBlock())
      return getOperation().emitError()
             << "needs a function @" << kFunction << " of one block";
    if (!isa<func::ReturnOp>(function.front().getTerminator()))
      return function.emitOpError("must end in func.return");
    auto named =
        function->getAttrOfType<ArrayAttr>(cvt::CvtDialect::kOutputsAttr);
    if (!named)
      return function.emitOpError()
             << "must name each of its " << function.getNumResults()
             << " results in '" << cvt::CvtDialect::kOutputsAttr << "'";
    SmallVector<StringRef> names =
        llvm::to_vector(named.getAsValueRange<StringAttr>());
    FailureOr<SmallVector<size_t>> selection =
        select(function, names, *outputs);
    if (failed(selection))
      return failure();
    keep(function, names, *selection);
    IRRewriter rewriter(&getContext());
    // Succeeds if it removed something.
    (void)runRegionDCE(rewriter, function.getBody());
    return success();
  }
};

} // namespace
