//===- copy.cpp - Rows from one strided view to another -------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const CopySpec &spec) {
  Var c("c"), t("t"), b("b");
  Func out("out");
  out(c, t, b) = builder.input("in")(c, t, b);
  builder.output(out);
  scheduleRows(out, spec.channels, spec.tokens, builder);
}

} // namespace cvt::kernels
