//===- linear.cpp - Matrix product with fused bias, activation, residual --===//
//
// The number of rows is known at run time only, and may be less than a
// register tile has.  The last tile of each column panel computes its missing
// rows from the last existing one, and stores the existing ones: this needs
// no second copy of the code, and each output is computed exactly once, so
// that `out` may replace `residual`.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/register_tile.h"

#include "llvm/Support/MathExtras.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const LinearSpec &spec) {
  const MatmulTile tile = matmulTile(spec.n, spec.m, builder.target());
  const int lanes = builder.lanes();
  const int64_t panels = llvm::divideCeil(spec.n, tile.columns);

  ImageParam a = builder.input("a"), w = builder.input("w");
  Var n("n"), m("m");
  RDom k(0, static_cast<int>(spec.k), "k");
  Func sum("sum"), out("out");
  Expr row = min(m, a.dim(1).extent() - 1);
  sum(n, m) += a(k, row) * w(n % tile.columns, k, n / tile.columns);
  Expr value = sum(n, m);
  if (spec.bias)
    value += builder.input("bias")(n);
  value = activate(spec.activation, value);
  if (spec.residual)
    value += builder.input("residual")(n, m);
  out(n, m) = value;
  builder.output(out);

  const int tilesPerTask =
      stepsPerTask(llvm::divideCeil(spec.m, tile.rows),
                   int64_t(tile.rows) * tile.columns * spec.k, panels, lanes);
  Var panel("panel"), ni("ni"), block("block"), step("step"), mi("mi"),
      task("task");
  // A panel of weights stays in the cache while blocks of rows pass by.
  out.split(n, panel, ni, tile.columns,
            spec.n % tile.columns ? TailStrategy::Predicate
                                  : TailStrategy::RoundUp)
      .split(m, step, mi, tile.rows, TailStrategy::GuardWithIf)
      .split(step, block, step, tilesPerTask, TailStrategy::GuardWithIf)
      .reorder(ni, mi, step, block, panel)
      .vectorize(ni, lanes)
      .unroll(ni)
      .fuse(block, panel, task)
      .parallel(task)
      // Ragged ends would duplicate the whole nest.
      .never_partition_all();
  computeInRegisters(sum, out, step, {k}, tile, lanes);
}

} // namespace cvt::kernels
