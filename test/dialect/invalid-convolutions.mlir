// Every labelled constraint of convolutions and pooling.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

//===----------------------------------------------------------------------===//
// conv_embed
//===----------------------------------------------------------------------===//

// (C1)
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @channels(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+2 {{channels must be at least 1}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 0 kernel 3 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @kernel(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+2 {{kernel 0, stride 1 and padding 1 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 0 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @stride(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+2 {{kernel 3, stride 0 and padding 1 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 3 stride 0 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @padding(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+2 {{kernel 3, stride 1 and padding -1 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 3 stride 1 padding -1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1): twice the padding is beyond 64 bits.
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @huge_padding(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+2 {{kernel 3, stride 1 and padding 9223372036854775807 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 3 stride 1 padding 9223372036854775807 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C2): in one axis only.
cvt.weight @w : tensor<4x3x7x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @too_small(%0: tensor<?x3x2x8xf32>) {
  // expected-error@+2 {{kernel 7, stride 4 and padding 2 do not fit a map of 2x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 7 stride 4 padding 2 : (tensor<?x3x2x8xf32>) -> tensor<?x1x2x4xf32>
  return
}

// -----

// (C3): the layout tells which extent is the channels.
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @layout(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+1 {{weight @w is 'tensor<4x3x3x3xf32>', expected 'tensor<4x8x3x3xf32>'}}
  %1 = cvt.conv_embed %0, @w layout nhwc channels 4 kernel 3 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x3x8x4xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @b : tensor<3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "b">
func.func @bias(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+1 {{bias @b is 'tensor<3xf32>', expected 'tensor<4xf32>'}}
  %1 = cvt.conv_embed %0, @w bias @b layout nchw channels 4 kernel 3 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @static_batch(%0: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{operand #0 must be batched map tensor<?xHxWxCxf32>, but got 'tensor<1x3x8x8xf32>'}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 3 stride 1 padding 1 : (tensor<1x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

func.func @unknown_layout(%0: tensor<?x3x8x8xf32>) {
  // expected-error@+1 {{unknown keyword 'chwn'}}
  %1 = cvt.conv_embed %0, @w layout chwn channels 4 kernel 3 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// conv_projection
//===----------------------------------------------------------------------===//

// (C1)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @stride(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{kernel 3, stride 0 and padding 1 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_projection %0, @w norm(@c, @c, @c, @c) kernel 3 stride 0 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @epsilon(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{epsilon must be positive}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_projection %0, @w norm(@c, @c, @c, @c) kernel 3 stride 1 padding 1 epsilon -1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C2)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @too_small(%0: tensor<?x8x2x4xf32>) {
  // expected-error@+2 {{kernel 3, stride 1 and padding 0 do not fit a map of 8x2}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_projection %0, @w norm(@c, @c, @c, @c) kernel 3 stride 1 padding 0 epsilon 1.0e-5 : (tensor<?x8x2x4xf32>) -> tensor<?x6x1x4xf32>
  return
}

// -----

// (C3)
cvt.weight @full : tensor<4x4x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "full">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{weight @full is 'tensor<4x4x3x3xf32>', expected 'tensor<4x1x3x3xf32>'}}
  %1 = cvt.conv_projection %0, @full norm(@c, @c, @c, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{gamma @d is 'tensor<5xf32>', expected 'tensor<4xf32>'}}
  %2 = cvt.conv_projection %0, @w norm(@d, @c, @c, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{beta @d is}}
  %3 = cvt.conv_projection %0, @w norm(@c, @d, @c, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{mean @d is}}
  %4 = cvt.conv_projection %0, @w norm(@c, @c, @d, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{variance @d is}}
  %5 = cvt.conv_projection %0, @w norm(@c, @c, @c, @d) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// depthwise_conv
//===----------------------------------------------------------------------===//

// (C1)
func.func @none(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{weights, biases, strides and paddings must have one entry for each result}}
  // expected-error@+1 {{failed to infer returned types}}
  cvt.depthwise_conv %0, [] biases [] kernel 3 strides [] paddings [] : (tensor<?x8x8x4xf32>) -> ()
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @biases(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{weights, biases, strides and paddings must have one entry for each result}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.depthwise_conv %0, [@w] biases [@c, @c] kernel 3 strides [1] paddings [1] : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @strides(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{weights, biases, strides and paddings must have one entry for each result}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.depthwise_conv %0, [@w] biases [@c] kernel 3 strides [1, 1] paddings [1] : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @results(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x8x8x4xf32>' are incompatible with return type(s) of operation 'tensor<?x8x8x4xf32>', 'tensor<?x8x8x4xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %1:2 = cvt.depthwise_conv %0, [@w] biases [@c] kernel 3 strides [1] paddings [1] : (tensor<?x8x8x4xf32>) -> (tensor<?x8x8x4xf32>, tensor<?x8x8x4xf32>)
  return
}

// -----

// (C2)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @second_padding(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{kernel 3, stride 2 and padding -1 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1:2 = cvt.depthwise_conv %0, [@w, @w] biases [@c, @c] kernel 3 strides [1, 2] paddings [1, -1] : (tensor<?x8x8x4xf32>) -> (tensor<?x8x8x4xf32>, tensor<?x3x3x4xf32>)
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @w5 : tensor<4x1x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w5">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{weight @w5 is 'tensor<4x1x5x5xf32>', expected 'tensor<4x1x3x3xf32>'}}
  %1:2 = cvt.depthwise_conv %0, [@w, @w5] biases [@c, @c] kernel 3 strides [1, 1] paddings [1, 1] : (tensor<?x8x8x4xf32>) -> (tensor<?x8x8x4xf32>, tensor<?x8x8x4xf32>)
  return
}

// -----

// (C3)
cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @d : tensor<5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "d">
func.func @weights(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+1 {{bias @d is 'tensor<5xf32>', expected 'tensor<4xf32>'}}
  %2:2 = cvt.depthwise_conv %0, [@w, @w] biases [@c, @d] kernel 3 strides [1, 1] paddings [1, 1] : (tensor<?x8x8x4xf32>) -> (tensor<?x8x8x4xf32>, tensor<?x8x8x4xf32>)
  return
}

// -----

//===----------------------------------------------------------------------===//
// avg_pool
//===----------------------------------------------------------------------===//

// (C1)
func.func @kernel(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{kernel -3, stride 1 and padding 0 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.avg_pool %0 kernel -3 stride 1 padding 0 : (tensor<?x8x8x4xf32>) -> tensor<?x8x8x4xf32>
  return
}

// -----

// (C1): a window could lie in the padding alone.
func.func @padding(%0: tensor<?x8x8x4xf32>) {
  // expected-error@+2 {{kernel 3, stride 1 and padding 2 do not fit a map of 8x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.avg_pool %0 kernel 3 stride 1 padding 2 : (tensor<?x8x8x4xf32>) -> tensor<?x10x10x4xf32>
  return
}

// -----

// (C2)
func.func @too_small(%0: tensor<?x1x8x4xf32>) {
  // expected-error@+2 {{kernel 4, stride 1 and padding 1 do not fit a map of 1x8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.avg_pool %0 kernel 4 stride 1 padding 1 : (tensor<?x1x8x4xf32>) -> tensor<?x1x7x4xf32>
  return
}
