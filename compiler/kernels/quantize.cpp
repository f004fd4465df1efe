//===- quantize.cpp - Tokens to 8 bits, each on a scale of its own --------===//

#include "compiler/kernels/kernel_builder.h"
#include "compiler/kernels/row_tasks.h"

using namespace Halide;

namespace cvt::kernels {

void buildKernel(KernelBuilder &builder, const QuantizeSpec &spec) {
  const int channels = static_cast<int>(spec.channels);
  const int lanes = builder.lanes();
  // Several vectors of partial extrema, so that comparisons overlap.
  const int width = equalBlocks(channels, lanes, /*most=*/4);
  ImageParam x = builder.input("x");
  Var c("c"), t("t"), b("b"), i("i"), l("l");
  RDom chunk(0, (channels + width - 1) / width, "chunk");
  RDom lane(0, width, "lane");
  // Repeating the last channel changes no extremum.
  Expr value = cast<float>(x(min(chunk * width + l, channels - 1), t, b));
  Func lows("lows"), highs("highs"), low("low"), high("high");
  lows(l, t, b) = Float(32).max();
  lows(l, t, b) = min(lows(l, t, b), value);
  highs(l, t, b) = Float(32).min();
  highs(l, t, b) = max(highs(l, t, b), value);
  low(t, b) = Float(32).max();
  low(t, b) = min(low(t, b), lows(lane, t, b));
  high(t, b) = Float(32).min();
  high(t, b) = max(high(t, b), highs(lane, t, b));

  Func out("out"), ranges("ranges");
  Expr extent = high(t, b) - low(t, b);
  // Of a token of equal values nothing but its offset is left.
  Expr inverse = select(extent > 0.f, 255.f / extent, 0.f);
  Expr steps = (cast<float>(x(c, t, b)) - low(t, b)) * inverse;
  out(c, t, b) = cast<uint8_t>(clamp(cast<int>(round(steps)), 0, 255));
  ranges(i, t, b) = select(i == 0, extent * (1.f / 255.f), low(t, b));
  builder.output(out);
  builder.output(ranges);

  Var row = scheduleRows(out, channels, spec.tokens, lanes);
  scheduleRowTasks(ranges, channels, spec.tokens);
  ranges.unroll(i).compute_with(out, row);
  for (Func f : {lows, highs})
    f.compute_at(out, row)
        .vectorize(l, lanes)
        .update()
        .reorder(l, chunk)
        .vectorize(l, lanes);
  for (Func f : {low, high})
    f.compute_at(out, row).update().atomic().vectorize(lane);
}

} // namespace cvt::kernels
