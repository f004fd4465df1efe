//===- linear.cpp - Matrix product with fused bias, activation, residual --===//
//
// The number of rows is known at run time only, and may be less than a
// register tile has.  Tiles compute rows that are missing from the last
// existing one, and store the existing ones: each output is computed exactly
// once, so that `out` may replace `residual`.  The last tile of one image has
// code of its own, which leaves them out.
//
// Where Strassen's algorithm is faster, it computes whole blocks of the rows of
// each image, and tiles what is left of them.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/linear_blocking.h"
#include "compiler/kernels/math.h"
#include "compiler/kernels/panel_product.h"
#include "compiler/kernels/strassen_product.h"

#include <string>
#include <utility>

using namespace Halide;

namespace cvt::kernels {

/// The f32 whose bytes are `a`(first ... first + 3, m).
static Expr floatOfBytes(const ImageParam &a, int first, const Expr &m) {
  Expr bits = cast<uint32_t>(a(first, m));
  for (int byte = 1; byte < 4; byte++)
    bits = bits | (cast<uint32_t>(a(first + byte, m)) << (8 * byte));
  return reinterpret<float>(bits);
}

/// Column n of row m: what `sum` adds up, scaled, activated and rounded as
/// `spec` says.
static Expr outputOf(const KernelBuilder &builder, const LinearSpec &spec,
                     Expr sum, const Var &n, const Expr &m) {
  Expr value = std::move(sum);
  if (builder.formats().math == Element::I8) {
    ImageParam a = builder.input("a");
    const int tail = static_cast<int>(spec.k);
    value = cast<float>(value) *
                (floatOfBytes(a, tail, m) * builder.input("scales")(n)) +
            floatOfBytes(a, tail + 4, m) * builder.input("sums")(n);
  }
  if (spec.bias)
    value += builder.input("bias")(n);
  value = activate(spec.activation, value, builder.formats().out);
  if (spec.residual)
    value += builder.input("residual")(n, m);
  return builder.toOutput(value);
}

/// Tiles of rows times panels.
static void buildOfPanels(KernelBuilder &builder, const LinearSpec &spec) {
  const LinearBlocking blocking =
      linearBlocking(spec, builder.formats().math, builder.target());
  const MatmulTile tile = blocking.tile;
  const int lanes = builder.lanes();

  PanelProduct product(builder, spec);
  Var n("n"), m("m");
  Func out("out");
  out(n, m) = outputOf(
      builder, spec, product.sum(n % tile.columns, m, n / tile.columns), n, m);
  builder.output(out);

  // One instruction rounds two vectors to bf16.
  const int vector =
      builder.formats().out == Element::F32 ? lanes : tile.columns;
  Var panel("panel"), ni("ni"), half("half"), block("block"), step("step"),
      mi("mi"), task("task");
  // A panel of weights stays in the cache while a block of rows passes by.
  // Blocks are outermost: a thread's share of the tasks is some of the rows,
  // which it has in its own cache if it has computed them before.
  out.split(n, panel, ni, tile.columns,
            spec.n % tile.columns ? TailStrategy::Predicate
                                  : TailStrategy::RoundUp)
      .split(m, step, mi, tile.rows, TailStrategy::GuardWithIf)
      .split(step, half, step, blocking.tilesInHalf, TailStrategy::GuardWithIf)
      .split(step, block, step, blocking.tilesInTask, TailStrategy::GuardWithIf)
      .reorder(ni, mi, step, panel, block, half)
      .vectorize(ni, vector)
      .unroll(ni)
      .fuse(panel, block, task)
      .fuse(task, half, task)
      .parallel(task)
      // Ragged ends would duplicate the whole nest.
      .never_partition_all();
  const std::string tileLoop = product.tileLoop(step.name());
  // A task reads weights that it widens once, one behind the other.
  if (!builder.widens()) {
    const int64_t bytes = tile.columns * product.inputsInPass() *
                          elementBytes(builder.formats().math);
    builder.prefetch({.name = "w",
                      .blockBytes = bytes,
                      .stride = static_cast<int>(bytes),
                      .passLoop = tileLoop,
                      .passes = blocking.tilesInTask});
  }
  if (spec.m % tile.rows != 0)
    builder.shortTile({.sums = product.tileName(),
                       .tile = tile,
                       .taskLoop = task.name(),
                       .tileLoop = tileLoop,
                       .panels = blocking.panels,
                       .tilesInTask = blocking.tilesInTask,
                       .tilesInHalf = blocking.tilesInHalf,
                       .rows = "a.extent.1",
                       .expectedRows = static_cast<int>(spec.m)});
  product.schedule(LoopLevel(out, task), LoopLevel(out, step),
                   blocking.tilesInTask, tile, lanes);
}

/// Cuts the update of `out` over `block`: lower or upper tile, row of a tile,
/// block of an image, image.
static void scheduleBlocks(KernelBuilder &builder, Func out, RDom block,
                           StrassenProduct &product,
                           const StrassenBlocking &blocking) {
  Var n = out.args()[0], pair("pair"), panel("panel"), ni("ni");
  RVar half("half"), group("group"), step("step"), task("task");
  const int lanes = builder.lanes();
  out.update(0)
      // Tasks write other rows or columns than others do.
      .allow_race_conditions()
      .split(n, panel, ni, blocking.tile.columns)
      .split(panel, pair, panel, 2)
      .split(block.z, half, step, blocking.blocksInHalf,
             TailStrategy::GuardWithIf)
      .split(step, group, step, blocking.blocksInTask,
             TailStrategy::GuardWithIf)
      .reorder(ni, panel, block.x, block.y, step, pair, group, half, block.w)
      .vectorize(ni, lanes)
      .unroll(ni)
      .unroll(panel)
      .unroll(block.x)
      .fuse(pair, group, task)
      .fuse(task, half, task)
      .fuse(task, block.w, task)
      .parallel(task)
      .never_partition_all();
  builder.prefetch(product.schedule(LoopLevel(out, task), LoopLevel(out, step),
                                    step.name(), lanes));
}

/// Cuts the update of `out` over `rest` rows.
static void scheduleRest(Func out, RDom rest, PanelProduct &product,
                         const MatmulTile &tile, int lanes) {
  Var n = out.args()[0], panel("panel"), ni("ni");
  RVar step("step"), ri("ri"), task("task");
  out.update(1)
      .allow_race_conditions()
      .split(n, panel, ni, tile.columns)
      .split(rest, step, ri, tile.rows, TailStrategy::GuardWithIf)
      .reorder(ni, ri, panel, step)
      .vectorize(ni, lanes)
      .unroll(ni)
      .fuse(panel, step, task)
      .parallel(task)
      .never_partition_all();
  product.schedule(LoopLevel(out, task), LoopLevel(out, task), /*maxTiles=*/1,
                   tile, lanes);
}

/// Blocks of rows times pairs of panels, then the rows of each image that are
/// less than a block, and those that are less than an image.
static void buildOfBlocks(KernelBuilder &builder, const LinearSpec &spec,
                          const StrassenBlocking &blocking) {
  const int columns = blocking.tile.columns, rows = blocking.tile.rows;
  const int imageRows = static_cast<int>(spec.m);
  const int blockRows = blocking.blocks * blocking.blockRows();
  const int restRows = imageRows - blockRows;
  Expr allRows = builder.input("a").dim(1).extent();
  Expr images = allRows / imageRows;
  auto rowOfRest = [&](const Expr &r) -> Expr {
    Expr imagesBefore = restRows ? min(r / restRows + 1, images) : images;
    return r + blockRows * imagesBefore;
  };

  StrassenProduct product(builder, spec, blocking);
  PanelProduct restProduct(builder, spec, rowOfRest);
  Var n("n"), m("m");
  Func out("out");
  out(n, m) = undef<float>();
  RDom block(0, 2, 0, rows, 0, blocking.blocks, 0, images, "block");
  Expr row = imageRows * block.w + blocking.blockRows() * block.z +
             rows * block.x + block.y;
  Expr sum = product.sum(n % columns, n / columns % 2, n / (2 * columns),
                         block.y, block.x, block.z, block.w);
  out(n, row) = outputOf(builder, spec, sum, n, row);
  RDom rest(0, images * restRows + allRows % imageRows, "rest");
  row = rowOfRest(rest);
  sum = restProduct.sum(n % columns, rest, n / columns);
  out(n, row) = outputOf(builder, spec, sum, n, row);
  builder.output(out);

  scheduleBlocks(builder, out, block, product, blocking);
  scheduleRest(out, rest, restProduct, blocking.restTile, builder.lanes());
}

void buildKernel(KernelBuilder &builder, const LinearSpec &spec) {
  if (auto blocking =
          strassenBlocking(spec, builder.formats(), builder.target()))
    return buildOfBlocks(builder, spec, *blocking);
  buildOfPanels(builder, spec);
}

} // namespace cvt::kernels
