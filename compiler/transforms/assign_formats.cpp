//===- assign_formats.cpp - Sets the number format of each op -------------===//

#include "compiler/transforms/passes.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace cvt {
#define GEN_PASS_DEF_ASSIGNFORMATSPASS
#include "compiler/transforms/Passes.h.inc"
} // namespace cvt

namespace {

struct AssignFormats : cvt::impl::AssignFormatsPassBase<AssignFormats> {
  using AssignFormatsPassBase::AssignFormatsPassBase;

  void runOnOperation() override {
    auto attribute = cvt::FormatAttr::get(&getContext(), format);
    getOperation().walk([&](Operation *op) {
      if (op->hasTrait<cvt::GraphOp>())
        op->setDiscardableAttr(cvt::CvtDialect::kFormatAttr, attribute);
    });
  }
};

} // namespace
