//===- panel_product.h - Rows times panels of weights ---------------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_PANEL_PRODUCT_H
#define CVT_COMPILER_KERNELS_PANEL_PRODUCT_H

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/matmul_tile.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <Halide.h>

#include <string>

namespace cvt::kernels {

/// a * w of a linear layer, a register tile at a time.
class PanelProduct {
public:
  /// sum(j, m, p): column j of panel p, for row rowOf(m); rows behind the last
  /// are as the last.  Where it is cut in chunks, it adds up part(j, m, p, c).
  Halide::Func sum{"sum"}, part{"part"};

  PanelProduct(
      const KernelBuilder &builder, const LinearSpec &spec,
      llvm::function_ref<Halide::Expr(const Halide::Expr &m)> rowOf =
          [](const Halide::Expr &m) { return m; });

  /// The inputs whose products are summed before they are added to others.
  int inputsInPass() const { return inChunks() ? size : inputs; }

  /// Of the function whose tiles are in registers.
  std::string tileName() const { return inChunks() ? part.name() : sum.name(); }

  /// Of the loop over tiles that go over the same weights, of which `step` is
  /// the one that schedule takes.
  std::string tileLoop(const std::string &step) const {
    return inChunks() ? rowTile.name() : step;
  }

  /// Computes tiles in loop `task` over rows of one panel, in which loop `step`
  /// goes over `maxTiles` tiles at most.
  void schedule(const Halide::LoopLevel &task, const Halide::LoopLevel &step,
                int maxTiles, const MatmulTile &tile, int lanes);

private:
  bool inChunks() const { return chunk.defined(); }
  void scheduleWide(const Halide::LoopLevel &task,
                    const Halide::LoopLevel &step, int maxTiles,
                    const MatmulTile &tile, int lanes);

  const bool widens;
  const int inputs;
  int size;
  Halide::Var j{"j"}, m{"m"}, p{"p"}, c{"c"}, i{"i"}, n{"n"},
      rowTile{"rowTile"};
  Halide::RDom k, chunk;
  /// The operands as they are multiplied, where that is not as they are stored:
  /// input n of row m, and number i of lane n in column j of panel p.
  Halide::Func wideInput{"wideInput"}, wideWeight{"wideWeight"};
};

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_PANEL_PRODUCT_H
