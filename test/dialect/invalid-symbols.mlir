// Every labelled constraint of symbols, and what the dialect's attributes must be.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

//===----------------------------------------------------------------------===//
// weight
//===----------------------------------------------------------------------===//

// (C1)
// expected-error@+1 {{attribute 'type' failed to satisfy constraint: type attribute of weight of static shape}}
cvt.weight @w : tensor<?xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>

// -----

// (C1)
// expected-error@+1 {{attribute 'type' failed to satisfy constraint: type attribute of weight of static shape}}
cvt.weight @w : tensor<8xf16> from #cvt.stored<"model.safetensors", offset = 0, dtype = f16>

// -----

// (C2)
// expected-error@+1 {{axes must be the numbers from 0 to 1, each once}}
cvt.weight @w : tensor<8x4xf32> from #cvt.stored<"tf_model.h5", offset = 0, dtype = f32, axes = [1, 1]>

// -----

// (C2)
// expected-error@+1 {{axes must be the numbers from 0 to 1, each once}}
cvt.weight @w : tensor<8x4xf32> from #cvt.stored<"tf_model.h5", offset = 0, dtype = f32, axes = [2, 1, 0]>

// -----

// expected-error@+1 {{attribute 'source' failed to satisfy constraint}}
cvt.weight @w : tensor<8xf32> from "model.safetensors"

// -----

//===----------------------------------------------------------------------===//
// prepare
//===----------------------------------------------------------------------===//

// (C1)
// expected-error@+1 {{refers to @nowhere, which is not a weight of this module}}
cvt.prepare @p = pad(@nowhere) : tensor<16xf32>

// -----

// (C1)
cvt.kernel @kernel flops 1 bytes 1
// expected-error@+1 {{refers to @kernel, which is not a weight of this module}}
cvt.prepare @p = pad(@kernel) : tensor<16xf32>

// -----

// (C2)
cvt.weight @w : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{pad takes 1 sources, not 2}}
cvt.prepare @p = pad(@w, @w) : tensor<16xf32>

// -----

// (C2)
cvt.weight @conv : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @other : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8x1x3x3xf32>' by fold_bn_weight of 'tensor<8x1x3x3xf32>', 'tensor<8xf32>', 'tensor<4xf32>'}}
cvt.prepare @a = fold_bn_weight(@conv, @c, @other) epsilon 1.0e-5 : tensor<8x1x3x3xf32>

// -----

// (C2)
cvt.weight @conv : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8x3x3xf32>' by fold_bn_weight}}
cvt.prepare @b = fold_bn_weight(@conv, @c, @c) epsilon 1.0e-5 : tensor<8x3x3xf32>

// -----

// (C2)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8xf32>' by fold_bn_weight}}
cvt.prepare @d = fold_bn_weight(@c, @c, @c) epsilon 1.0e-5 : tensor<8xf32>

// -----

// (C2)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @other : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8xf32>' by fold_bn_bias}}
cvt.prepare @e = fold_bn_bias(@c, @c, @other, @c) epsilon 1.0e-5 : tensor<8xf32>

// -----

// (C2)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<4xf32>' by fold_bn_bias}}
cvt.prepare @f = fold_bn_bias(@c, @c, @c, @c) epsilon 1.0e-5 : tensor<4xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x8x8xf32>' by pack_panels}}
cvt.prepare @too_few = pack_panels(@fc) : tensor<1x8x8xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<3x8x8xf32>' by pack_panels}}
cvt.prepare @too_many = pack_panels(@fc) : tensor<3x8x8xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<2x7x8xf32>' by pack_panels}}
cvt.prepare @wrong_k = pack_panels(@fc) : tensor<2x7x8xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<2x8x0xf32>' by pack_panels}}
cvt.prepare @no_width = pack_panels(@fc) : tensor<2x8x0xf32>

// -----

// (C2)
cvt.weight @c : tensor<12xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<12x1x1xf32>' by pack_panels}}
cvt.prepare @vector = pack_panels(@c) : tensor<12x1x1xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<2x8x8xf32>' by pack_panels_nhwc}}
cvt.prepare @matrix = pack_panels_nhwc(@fc) : tensor<2x8x8xf32>

// -----

// (C2)
cvt.weight @dw : tensor<12x1x2x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<12x2x3xf32>' by taps_outermost}}
cvt.prepare @taps = taps_outermost(@dw) : tensor<12x2x3xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8x12x1xf32>' by taps_outermost}}
cvt.prepare @not_depthwise = taps_outermost(@fc) : tensor<8x12x1xf32>

// -----

// (C2)
cvt.weight @conv : tensor<8x3x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8x3x5x4xf32>' by pad_taps}}
cvt.prepare @shorter = pad_taps(@conv) : tensor<8x3x5x4xf32>

// -----

// (C2)
cvt.weight @conv : tensor<8x3x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8x3x6x6xf32>' by pad_taps}}
cvt.prepare @higher = pad_taps(@conv) : tensor<8x3x6x6xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<12x10xf32>' by pad_taps}}
cvt.prepare @matrix_taps = pad_taps(@fc) : tensor<12x10xf32>

// -----

// (C2)
cvt.weight @c : tensor<12xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<11xf32>' by pad}}
cvt.prepare @shorter = pad(@c) : tensor<11xf32>

// -----

// (C2)
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<12x16xf32>' by pad}}
cvt.prepare @padded_matrix = pad(@fc) : tensor<12x16xf32>

// -----

// (C3)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{fold_bn_bias needs an epsilon}}
cvt.prepare @p = fold_bn_bias(@c, @c, @c, @c) : tensor<8xf32>

// -----

// (C3)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{pad takes no epsilon}}
cvt.prepare @p = pad(@c) epsilon 1.0e-5 : tensor<8xf32>

// -----

// (C3)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{epsilon must be finite and greater than 0}}
cvt.prepare @p = fold_bn_bias(@c, @c, @c, @c) epsilon -1.0e-5 : tensor<8xf32>

// -----

// (C3)
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{epsilon must be finite and greater than 0}}
"cvt.prepare"() <{sym_name = "p", step = #cvt.prepare_step<fold_bn_bias>, sources = [@c, @c, @c, @c], type = tensor<8xf32>, epsilon = 0x7FC00000 : f32}> : () -> ()

// -----

cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{unknown keyword 'sharpen'}}
cvt.prepare @p = sharpen(@c) : tensor<8xf32>

// -----

//===----------------------------------------------------------------------===//
// kernel
//===----------------------------------------------------------------------===//

// (C1)
// expected-error@+1 {{attribute 'flops' failed to satisfy constraint}}
cvt.kernel @k flops -1 bytes 1

// -----

//===----------------------------------------------------------------------===//
// Attributes of the dialect
//===----------------------------------------------------------------------===//

func.func @format(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{'cvt.format' must be a #cvt.format of a graph op}}
  %1 = cvt.gelu %0 function gelu {cvt.format = "f32"} : tensor<?x4xf32>
  return
}

// -----

func.func @format_of_a_view(%0: tensor<?x1x4xf32>) {
  // expected-error@+1 {{'cvt.format' must be a #cvt.format of a graph op}}
  %1 = cvt.reshape %0 {cvt.format = #cvt.format<f32>} : tensor<?x1x4xf32> -> tensor<?x4xf32>
  return
}

// -----

// expected-error@+1 {{'cvt.outputs' must be an array of different names}}
func.func @forward() attributes {cvt.outputs = "logits"} {
  return
}

// -----

// expected-error@+1 {{'cvt.outputs' must be an array of different names}}
func.func @forward() attributes {cvt.outputs = ["logits", 1]} {
  return
}

// -----

// expected-error@+1 {{'cvt.outputs' must be an array of different names}}
func.func @forward() attributes {cvt.outputs = ["logits", "logits"]} {
  return
}

// -----

// expected-error@+1 {{'cvt.outputs' must name each of 0 results}}
func.func @no_results() attributes {cvt.outputs = ["a"]} {
  return
}

// -----

// expected-error@+1 {{'cvt.outputs' must name each of 1 results}}
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {cvt.outputs = ["a", "b"]} {
  return %x : tensor<?x8xf32>
}

// -----

// expected-error@+1 {{'cvt.target' must be a string}}
func.func @forward() attributes {cvt.target = 4} {
  return
}

// -----

// expected-error@+1 {{'cvt.arena_bytes_per_image' must be a number of bytes}}
func.func @forward() attributes {cvt.arena_bytes_per_image = -1} {
  return
}

// -----

// expected-error@+1 {{'cvt.section_bytes' must be a number of bytes}}
module attributes {cvt.section_bytes = "many"} {}

// -----

// expected-error@+1 {{'cvt.section_offset' must be a number of bytes}}
cvt.weight @w : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w"> {cvt.section_offset = -64}

// -----

// prepare (C2)
cvt.weight @w : tensor<8x12xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x4x8x3xsi8>' by pack_panels of 'tensor<8x12xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x4x8x3xsi8>

// -----

// prepare (C1): nothing is made of itself
// expected-error@+1 {{must stand behind @b, which it is made of}}
cvt.prepare @a = pad(@b) : tensor<4xf32>
cvt.prepare @b = pad(@a) : tensor<4xf32>

// -----

// prepare (C1)
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "w">
cvt.prepare @p = pack_panels(@w) : tensor<1x8x8xbf16>
// expected-error@+1 {{cannot make 'tensor<1x64x1xf32>' by pack_panels of 'tensor<1x8x8xbf16>'}}
cvt.prepare @q = pack_panels(@p) : tensor<1x64x1xf32>

// -----

// prepare (C4)
cvt.weight @w : tensor<8x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x1x8x2xbf16>' by pack_panels of 'tensor<8x3xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x1x8x2xbf16>

// -----

// prepare (C4)
cvt.weight @w : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<9xbf16>' by pad of 'tensor<8xf32>'}}
cvt.prepare @p = pad(@w) : tensor<9xbf16>

// -----

// prepare (C2)
cvt.weight @w : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8xf32>' by row_scales of 'tensor<8xf32>'}}
cvt.prepare @p = row_scales(@w) : tensor<8xf32>

// -----

// prepare (C2)
cvt.weight @w : tensor<8x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<7xf32>' by row_sums of 'tensor<8x3xf32>'}}
cvt.prepare @p = row_sums(@w) : tensor<7xf32>

// -----

// prepare (C4)
cvt.weight @w : tensor<8x6xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x1x8x4xsi8>' by pack_panels of 'tensor<8x6xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x1x8x4xsi8>

// -----

// prepare (C4)
cvt.weight @w : tensor<8x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x8x8xui8>' by pack_panels of 'tensor<8x4xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x8x8xui8>

// -----

// prepare (C2): a lane has 32 bits
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x2x8x4xbf16>' by pack_panels of 'tensor<8x8xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x2x8x4xbf16>

// -----

// prepare (C2)
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<1x8x8x0xbf16>' by pack_panels of 'tensor<8x8xf32>'}}
cvt.prepare @p = pack_panels(@w) : tensor<1x8x8x0xbf16>

// -----

// prepare (C4)
cvt.weight @w : tensor<8x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
// expected-error@+1 {{cannot make 'tensor<8xsi8>' by row_scales of 'tensor<8x4xf32>'}}
cvt.prepare @p = row_scales(@w) : tensor<8xsi8>
