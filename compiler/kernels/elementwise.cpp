//===- elementwise.cpp - Sums and activations that nothing was fused with -===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const ElementwiseSpec &spec) {
  Var c("c"), t("t"), b("b");
  Func out("out");
  Expr x = builder.input("x")(c, t, b);
  switch (spec.op) {
  case ElementwiseOp::Add:
    out(c, t, b) = x + builder.input("y")(c, t, b);
    break;
  case ElementwiseOp::Gelu:
    out(c, t, b) = activate(Activation::Gelu, x, builder.formats().out);
    break;
  case ElementwiseOp::QuickGelu:
    out(c, t, b) = activate(Activation::QuickGelu, x, builder.formats().out);
    break;
  }
  builder.output(out);
  scheduleRows(out, spec.channels, spec.tokens, builder);
}

} // namespace cvt::kernels
