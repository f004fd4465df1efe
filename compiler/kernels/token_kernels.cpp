//===- token_kernels.cpp - Kernels that work token by token ---------------===//

#include "compiler/kernels/token_kernels.h"

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/math.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace Halide;

namespace cvt::kernels {

Var scheduleRows(Func out, int64_t channels, int64_t tokens, int lanes) {
  // 64 KB, 2 us or more.
  constexpr int64_t elementsPerTask = 16384;
  int64_t blocks = llvm::divideCeil(channels * tokens, elementsPerTask);
  int rows = static_cast<int>(llvm::divideCeil(tokens, blocks));
  Var channel = out.args()[0], token = out.args()[1], image = out.args()[2];
  Var block("block");
  out.vectorize(channel, lanes, channelTail(channels, lanes))
      .split(token, block, token, rows, TailStrategy::GuardWithIf)
      .fuse(block, image, block)
      .parallel(block)
      .never_partition_all();
  return token;
}

void buildKernel(KernelBuilder &builder, const ElementwiseSpec &spec) {
  Var c("c"), t("t"), b("b");
  Func out("out");
  Expr x = builder.input("x")(c, t, b);
  switch (spec.op) {
  case ElementwiseOp::Add:
    out(c, t, b) = x + builder.input("y")(c, t, b);
    break;
  case ElementwiseOp::Gelu:
    out(c, t, b) = activate(Activation::Gelu, x);
    break;
  case ElementwiseOp::QuickGelu:
    out(c, t, b) = activate(Activation::QuickGelu, x);
    break;
  }
  builder.output(out);
  scheduleRows(out, spec.channels, spec.tokens, builder.lanes());
}

void buildKernel(KernelBuilder &builder, const CopySpec &spec) {
  Var c("c"), t("t"), b("b");
  Func out("out");
  out(c, t, b) = builder.input("in")(c, t, b);
  builder.output(out);
  scheduleRows(out, spec.channels, spec.tokens, builder.lanes());
}

void buildKernel(KernelBuilder &builder, const ToNchwSpec &spec) {
  Var c("c"), t("t"), b("b"), cOuter("cOuter"), task("task");
  Func out("out");
  out(t, c, b) = builder.input("in")(c, t, b);
  builder.output(out);
  // The cache lines of a run of tokens serve all channels of a task.
  int channelsPerTask = static_cast<int>(llvm::alignTo(
      std::max<int64_t>(1, 16384 / spec.tokens), builder.lanes()));
  out.vectorize(t, builder.lanes(), channelTail(spec.tokens, builder.lanes()))
      .split(c, cOuter, c, channelsPerTask, TailStrategy::GuardWithIf)
      .reorder(c, t, cOuter, b)
      .fuse(cOuter, b, task)
      .parallel(task)
      .never_partition_all();
}

void buildKernel(KernelBuilder &builder, const TokenMeanSpec &spec) {
  const int tokens = static_cast<int>(spec.tokens);
  const int lanes = builder.lanes();
  Var c("c"), t("t"), b("b"), task("task");
  RDom r(0, tokens, "r");
  Func sum("sum"), out("out");
  sum(c, b) += builder.input("in")(c, r, b);
  out(c, t, b) = sum(c, b) * (1.f / tokens);
  builder.output(out);
  out.split(c, task, c, 4 * lanes, TailStrategy::GuardWithIf)
      .reorder(c, t, task, b)
      .fuse(task, b, task)
      .parallel(task)
      .vectorize(c, lanes, TailStrategy::Predicate)
      .never_partition_all();
  Var cOuter("cOuter");
  sum.compute_at(out, task)
      .vectorize(c, lanes, TailStrategy::RoundUp)
      .update()
      .split(c, cOuter, c, lanes, TailStrategy::Predicate)
      .reorder(c, r, cOuter)
      .vectorize(c)
      .never_partition_all();
}

} // namespace cvt::kernels
