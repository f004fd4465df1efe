// Every labelled constraint of norm, linear, attention and elementwise ops.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

// attention (C1)
func.func @attention_types(%q: tensor<?x5x8xf32>, %k: tensor<?x3x8xbf16>) {
  // expected-error@+2 {{query is of 'f32', key and value of 'bf16'}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = cvt.attention %q, %k, %k heads 2 scale 0.5 : (tensor<?x5x8xf32>, tensor<?x3x8xbf16>, tensor<?x3x8xbf16>) -> tensor<?x5x8xf32>
  return
}

// -----

// All weights of graph ops are f32.
cvt.weight @w : tensor<4x8xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "w">
cvt.prepare @p = pack_panels(@w) : tensor<2x4x2x2xbf16>
func.func @weight_type(%x: tensor<?x5x5x4xf32>) {
  // expected-error@+1 {{weight @p is 'tensor<2x4x2x2xbf16>', expected 'tensor<2x4x2x2xf32>'}}
  %0 = cvt.conv_embed %x, @p layout nhwc channels 2 kernel 2 stride 1 padding 0 : (tensor<?x5x5x4xf32>) -> tensor<?x4x4x2xf32>
  return
}

// -----

// depthwise_conv (C4)
cvt.weight @w : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "w">
cvt.weight @g : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "g">
func.func @result_types(%x: tensor<?x4x4x8xf32>) {
  // expected-error@+1 {{results must be of one element type}}
  %0, %1 = cvt.depthwise_conv %x, [@w, @w] biases [@g, @g] kernel 3 strides [1, 1] paddings [1, 1] : (tensor<?x4x4x8xf32>) -> (tensor<?x4x4x8xf32>, tensor<?x4x4x8xbf16>)
  return
}

// -----

//===----------------------------------------------------------------------===//
// layer_norm
//===----------------------------------------------------------------------===//

// (C1)
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @epsilon(%0: tensor<?x4xf32>) {
  // expected-error@+2 {{epsilon must be positive}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.layer_norm %0, @c, @c epsilon 0.0 : tensor<?x4xf32>
  return
}

// -----

// (C2)
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @gamma(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{gamma @d is 'tensor<5xf32>', expected 'tensor<4xf32>'}}
  %1 = cvt.layer_norm %0, @d, @c epsilon 1.0e-5 : tensor<?x4xf32>
  return
}

// -----

// (C2)
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @gamma(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{beta @d is 'tensor<5xf32>', expected 'tensor<4xf32>'}}
  %2 = cvt.layer_norm %0, @c, @d epsilon 1.0e-5 : tensor<?x4xf32>
  return
}

// -----

// (C2)
func.func @no_such_weight(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{refers to @c, which is not a weight of this module}}
  %1 = cvt.layer_norm %0, @c, @c epsilon 1.0e-5 : tensor<?x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// linear
//===----------------------------------------------------------------------===//

// (C1)
cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @features(%0: tensor<?x4xf32>) {
  // expected-error@+2 {{features must be at least 1}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.linear %0, @w features -12 : (tensor<?x4xf32>) -> tensor<?x12xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @residual(%0: tensor<?x5x4xf32>, %1: tensor<?x4x12xf32>) {
  // expected-error@+2 {{residual is 'tensor<?x4x12xf32>', expected 'tensor<?x5x12xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %2 = cvt.linear %0, @w residual %1 features 12 : (tensor<?x5x4xf32>, tensor<?x4x12xf32>) -> tensor<?x5x12xf32>
  return
}

// -----

// (C2)
cvt.weight @w : tensor<4x12xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @transposed(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{weight @w is 'tensor<4x12xf32>', expected 'tensor<12x4xf32>'}}
  %1 = cvt.linear %0, @w features 12 : (tensor<?x4xf32>) -> tensor<?x12xf32>
  return
}

// -----

// (C2)
cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @b : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "b">
func.func @bias(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{bias @b is 'tensor<4xf32>', expected 'tensor<12xf32>'}}
  %1 = cvt.linear %0, @w bias @b features 12 : (tensor<?x4xf32>) -> tensor<?x12xf32>
  return
}

// -----

// (C2)
cvt.weight @w : tensor<12x12xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @tail_is_no_input(%0: tensor<?x12xui8>) {
  // expected-error@+1 {{weight @w is 'tensor<12x12xf32>', expected 'tensor<12x4xf32>'}}
  %1 = cvt.linear %0, @w features 12 : (tensor<?x12xui8>) -> tensor<?x12xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<12x0xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @tail_only(%0: tensor<?x8xui8>) {
  // expected-error@+2 {{rows of 'tensor<?x8xui8>' hold nothing but scale and low}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.linear %0, @w features 12 : (tensor<?x8xui8>) -> tensor<?x12xf32>
  return
}

// -----

// (C4)
cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @wide_format(%0: tensor<?x12xui8>) {
  // expected-error@+1 {{of format bf16 does not take 'tensor<?x12xui8>'}}
  %1 = cvt.linear %0, @w features 12 {cvt.format = #cvt.format<bf16>} : (tensor<?x12xui8>) -> tensor<?x12xf32>
  return
}

// -----

// (C4)
cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @narrow_format(%0: tensor<?x4xbf16>) {
  // expected-error@+1 {{of format i8 does not take 'tensor<?x4xbf16>'}}
  %1 = cvt.linear %0, @w features 12 {cvt.format = #cvt.format<i8>} : (tensor<?x4xbf16>) -> tensor<?x12xf32>
  return
}

// -----

cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @quantized_result(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{result #0 must be batched activation}}
  %1 = cvt.linear %0, @w features 12 : (tensor<?x4xf32>) -> tensor<?x12xui8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// quantize
//===----------------------------------------------------------------------===//

func.func @no_tail(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x5x12xui8>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.quantize %0 : (tensor<?x5x4xf32>) -> tensor<?x5x4xui8>
  return
}

// -----

func.func @signed(%0: tensor<?x5x4xf32>) {
  // expected-error@+1 {{result #0 must be quantized activation}}
  %1 = cvt.quantize %0 : (tensor<?x5x4xf32>) -> tensor<?x5x12xsi8>
  return
}

// -----

func.func @twice(%0: tensor<?x5x12xui8>) {
  // expected-error@+1 {{operand #0 must be batched activation}}
  %1 = cvt.quantize %0 : (tensor<?x5x12xui8>) -> tensor<?x5x20xui8>
  return
}

// -----

// A view moves whole rows, but nothing needs that of quantized ones.
func.func @view_of_quantized(%0: tensor<?x5x12xui8>) {
  // expected-error@+1 {{operand #0 must be batched activation}}
  %1 = cvt.reshape %0 : tensor<?x5x12xui8> -> tensor<?x5x12xui8>
  return
}

// -----

func.func @unknown_activation(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{unknown keyword 'relu'}}
  %1 = cvt.linear %0, @w features 12 activation relu : (tensor<?x4xf32>) -> tensor<?x12xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

// (C1)
func.func @heads(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{3 heads do not divide 4 channels}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.attention %0, %0, %0 heads 3 scale 0.5 : (tensor<?x5x4xf32>, tensor<?x5x4xf32>, tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

// (C1)
func.func @no_heads(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{0 heads do not divide 4 channels}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.attention %0, %0, %0 heads 0 scale 0.5 : (tensor<?x5x4xf32>, tensor<?x5x4xf32>, tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

// (C1)
func.func @channels(%q: tensor<?x5x4xf32>, %k: tensor<?x5x8xf32>) {
  // expected-error@+2 {{key and value must be tokens of 4 channels, as many of each}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.attention %q, %k, %k heads 2 scale 0.5 : (tensor<?x5x4xf32>, tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

// (C2)
func.func @tokens(%q: tensor<?x5x4xf32>, %k: tensor<?x3x4xf32>) {
  // expected-error@+2 {{key and value must be tokens of 4 channels, as many of each}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.attention %q, %k, %q heads 2 scale 0.5 : (tensor<?x5x4xf32>, tensor<?x3x4xf32>, tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// gelu, add
//===----------------------------------------------------------------------===//

// (C1)
func.func @gelu(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{function must be gelu or quick_gelu}}
  %1 = cvt.gelu %0 function none : tensor<?x4xf32>
  return
}

// -----

// (C2)
func.func @gelu(%0: tensor<?x4xf32>) {
  // expected-error@below {{op failed to infer returned types}}
  // expected-error@below {{inferred type(s) 'tensor<?x4xf32>' are incompatible with return type(s) of operation 'tensor<?x4xbf16>'}}
  %1 = "cvt.gelu"(%0) <{function = #cvt.activation<gelu>}> : (tensor<?x4xf32>) -> tensor<?x4xbf16>
  return
}

// -----

// (C1)
func.func @add(%0: tensor<?x5x4xf32>, %1: tensor<?x1x4xf32>) {
  // expected-error@+1 {{operands differ: 'tensor<?x5x4xf32>' and 'tensor<?x1x4xf32>'}}
  %2 = cvt.add %0, %1 : tensor<?x5x4xf32>, tensor<?x1x4xf32>
  return
}

// -----

// (C1)
func.func @add(%0: tensor<?x4xf32>) {
  // expected-error@below {{op failed to infer returned types}}
  // expected-error@below {{inferred type(s) 'tensor<?x4xf32>' are incompatible with return type(s) of operation 'tensor<?x4xbf16>'}}
  %1 = "cvt.add"(%0, %0) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xbf16>
  return
}
