//===- strassen_product.cpp - Eight products of tiles as seven ------------===//
//
// Sums of inputs and of weights are computed where they are multiplied, again
// and again: with units of their own that takes less time than to store them.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/strassen_product.h"

#include "compiler/kernels/cache_sets.h"

#include "llvm/Support/MathExtras.h"

#include <utility>
#include <vector>

using namespace Halide;

namespace cvt::kernels {

StrassenProduct::StrassenProduct(const KernelBuilder &builder,
                                 const LinearSpec &spec,
                                 const StrassenBlocking &blocking)
    : blocking(blocking), inputs(static_cast<int>(spec.k)),
      copiesRows(rowsCollide(elementBytes(Element::F32) * inputs,
                             blocking.blockRows())),
      k(0, blocking.steps, "k"), chunk(0, blocking.chunks, "chunk") {
  ImageParam a = builder.input("a"), w = builder.input("w");
  // Tells Halide where a task ends whose blocks are less than others'.
  Expr block = min(b, blocking.blocks - 1);
  auto row = [&](int lower) {
    return static_cast<int>(spec.m) * image + blocking.blockRows() * block +
           blocking.tile.rows * lower + i;
  };
  lowerRow(n, i, b, image) = a(n, row(1));
  auto number = [&](int half) { return k + (2 * c + half) * blocking.steps; };
  auto input = [&](int lower, int half) -> Expr {
    if (lower && copiesRows)
      return lowerRow(number(half), i, b, image);
    return a(number(half), row(lower));
  };
  auto weight = [&](int half, int right) -> Expr {
    return w(j, number(half), 2 * p + right);
  };
  Expr a11 = input(0, 0), a12 = input(0, 1), a21 = input(1, 0),
       a22 = input(1, 1);
  Expr w11 = weight(0, 0), w12 = weight(0, 1), w21 = weight(1, 0),
       w22 = weight(1, 1);
  const std::array<Expr, 7> terms = {
      (a11 + a22) * (w11 + w22), (a21 + a22) * w11, a11 * (w12 - w22),
      a22 * (w21 - w11),         (a11 + a12) * w22, (a21 - a11) * (w11 + w12),
      (a12 - a22) * (w21 + w22)};
  for (size_t f = 0; f < products.size(); f++) {
    products[f] = Func("product" + std::to_string(f + 1));
    products[f](j, i, p, b, image, c) += terms[f];
  }
  if (blocking.chunks == 1)
    return;
  const std::array<Expr, 4> part = tilesOf({j, i, p, b, image, chunk});
  sums(j, i, p, b, image) = Tuple(0.f, 0.f, 0.f, 0.f);
  FuncRef sum = sums(j, i, p, b, image);
  sums(j, i, p, b, image) = Tuple(sum[0] + part[0], sum[1] + part[1],
                                  sum[2] + part[2], sum[3] + part[3]);
}

std::array<Expr, 4>
StrassenProduct::tilesOf(const std::vector<Expr> &at) const {
  std::array<Expr, 8> m;
  for (size_t f = 0; f < products.size(); f++)
    m[f + 1] = products[f](at);
  return {m[1] + m[4] - m[5] + m[7], m[3] + m[5], m[2] + m[4],
          m[1] - m[2] + m[3] + m[6]};
}

Expr StrassenProduct::sum(const Expr &j, const Expr &right, const Expr &p,
                          const Expr &i, const Expr &lower, const Expr &b,
                          const Expr &image) const {
  std::array<Expr, 4> tiles;
  if (blocking.chunks == 1) {
    tiles = tilesOf({j, i, p, b, image, 0});
  } else {
    FuncRef sum = sums(j, i, p, b, image);
    tiles = {sum[0], sum[1], sum[2], sum[3]};
  }
  return select(lower != 0, select(right != 0, tiles[3], tiles[2]),
                select(right != 0, tiles[1], tiles[0]));
}

StreamedInput StrassenProduct::schedule(const LoopLevel &task,
                                        const LoopLevel &block,
                                        const std::string &blockLoop,
                                        int lanes) {
  const MatmulTile &tile = blocking.tile;
  Var rowBlock("rowBlock"), one("one");
  const bool oneChunk = blocking.chunks == 1;
  std::vector<Func> tiles(products.begin(), products.end());
  if (!oneChunk) {
    sums.compute_at(task).bound_storage(b, blocking.blocksInTask);
    // Loops that start at 0 keep their names.
    sums.update().split(b, rowBlock, one, 1);
    sums.update().reorder(j, i, one, rowBlock, p, image, chunk);
    tiles.push_back(sums);
  }
  const LoopLevel oneBlock = oneChunk ? block : LoopLevel(sums, rowBlock);
  for (Func f : tiles) {
    f.bound_extent(j, tile.columns)
        .bound_extent(i, tile.rows)
        .bound_extent(p, 1)
        .bound_extent(image, 1)
        .vectorize(j, lanes)
        .unroll(j);
    f.update().vectorize(j, lanes).unroll(j);
  }
  // What adds up products has a loop over rows: LLVM would keep some of them in
  // registers that the last product needs.
  for (Func product : products) {
    product.compute_at(oneBlock).bound_extent(b, 1).unroll(i);
    product.update().reorder(j, i, k).unroll(i);
  }
  if (copiesRows)
    lowerRow.compute_at(oneBlock)
        .bound_extent(n, 2 * blocking.steps)
        .align_storage(n, 2 * blocking.steps + lanes)
        .bound_extent(i, tile.rows)
        .bound_extent(b, 1)
        .bound_extent(image, 1)
        .vectorize(n, lanes);
  return streamedWeights(oneChunk ? blockLoop : rowBlock.name());
}

StreamedInput
StrassenProduct::streamedWeights(const std::string &passLoop) const {
  const int stepBytes = blocking.tile.columns * elementBytes(Element::F32);
  const int panelBytes = inputs * stepBytes;
  const int half = blocking.steps * stepBytes;
  const int third = llvm::divideCeil(2 * half, 3);
  StreamedInput weights = {.name = "w",
                           .blockBytes = third,
                           .stride = 2 * panelBytes,
                           .passLoop = passLoop,
                           .passes = blocking.blocksInTask};
  if (blocking.chunks > 1) {
    Expr c = Internal::Variable::make(Int(32),
                                      sums.name() + ".s1." + chunk.x.name());
    weights.stride = 2 * half + select(c == blocking.chunks - 1, panelBytes, 0);
  }
  // Thirds of the left panel's chunk, then of the right one's, each in another
  // product: as evenly as they are used, since few lines can be on their way at
  // once.  What a product reads begins with w11, w12, w21 or w22.
  const int w11 = 0, w12 = panelBytes, w21 = half, w22 = panelBytes + half;
  const std::pair<int, int> productsAndBegins[] = {
      {4, w11}, {2, w11}, {6, w11}, {3, w12}, {5, w22}, {7, w21}};
  int part = 0;
  for (auto [m, begin] : productsAndBegins) {
    const int offset = part / 3 * panelBytes + part % 3 * third;
    weights.readers.push_back({products[m - 1].name(), offset - begin});
    part++;
  }
  return weights;
}

} // namespace cvt::kernels
