// RUN: cvt-opt %s --cvt-assign-formats=format=bf16 | FileCheck %s

// What only bf16 layers, attention and depthwise convolutions read is stored in
// bf16; the residual stream and what is returned are f32.

cvt.weight @gamma : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "gamma">
cvt.weight @beta : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "beta">
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @odd : tensor<7x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "odd">
cvt.weight @even : tensor<8x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "even">
cvt.weight @stem : tensor<8x8x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "stem">
cvt.weight @pictures : tensor<8x3x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "pictures">
cvt.weight @dw : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "dw">
cvt.weight @cls : tensor<1x1x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "cls">

// CHECK-LABEL: @example
func.func @example(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  // CHECK: %[[NORM:.*]] = cvt.layer_norm %{{.*}}, @gamma, @beta epsilon 1.0e-05 {cvt.format = #cvt.format<f32>} : tensor<?x4x8xf32> -> tensor<?x4x8xbf16>
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  // CHECK: cvt.linear %[[NORM]], @w residual %{{.*}} features 8 {cvt.format = #cvt.format<bf16>} : (tensor<?x4x8xbf16>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.linear %1, @w residual %0 features 8
         : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %2 : tensor<?x4x8xf32>
}

// A layer whose input must be f32 multiplies in f32, and keeps its own input,
// which only it reads, from being bf16.
// CHECK-LABEL: @returned
func.func @returned(%0: tensor<?x4x8xf32>) -> (tensor<?x4x8xf32>, tensor<?x4x8xf32>) {
  // CHECK: cvt.layer_norm {{.*}} : tensor<?x4x8xf32>{{$}}
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  // CHECK: cvt.linear {{.*}}<f32>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.linear %1, @w features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %1, %2 : tensor<?x4x8xf32>, tensor<?x4x8xf32>
}

// Seven inputs can not be multiplied in pairs.
// CHECK-LABEL: @odd_inputs
func.func @odd_inputs(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  // CHECK: cvt.linear {{.*}}<bf16>} : (tensor<?x4x8xbf16>) -> tensor<?x4x7xf32>
  %2 = cvt.linear %1, @odd features 7 : (tensor<?x4x8xf32>) -> tensor<?x4x7xf32>
  // CHECK: cvt.linear {{.*}}<f32>} : (tensor<?x4x7xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.linear %2, @even features 8 : (tensor<?x4x7xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}

// Views store what they view; all that attention reads is stored alike.
// CHECK-LABEL: @views
func.func @views(%0: tensor<?x5x8xf32>) -> tensor<?x4x8xf32> {
  // CHECK: cvt.layer_norm {{.*}} -> tensor<?x5x8xbf16>
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x5x8xf32>
  // CHECK: cvt.drop_class_token {{.*}} -> tensor<?x4x8xbf16>
  %2 = cvt.drop_class_token %1 : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.reshape %2 : tensor<?x4x8xf32> -> tensor<?x2x2x8xf32>
  // CHECK: cvt.depthwise_conv {{.*}} : (tensor<?x2x2x8xbf16>) -> tensor<?x2x2x8xbf16>
  %4 = cvt.depthwise_conv %3, [@dw] biases [@beta] kernel 3 strides [1] paddings [1] : (tensor<?x2x2x8xf32>) -> tensor<?x2x2x8xf32>
  %5 = cvt.reshape %4 : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  // CHECK: cvt.attention {{.*}}<bf16>} : (tensor<?x4x8xbf16>, tensor<?x4x8xbf16>, tensor<?x4x8xbf16>) -> tensor<?x4x8xf32>
  %6 = cvt.attention %5, %2, %2 heads 2 scale 0.5 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %6 : tensor<?x4x8xf32>
}

// One channel in a head can not be multiplied in pairs, but is stored narrow.
// Neither is done with what is given in f32.
// CHECK-LABEL: @attention
func.func @attention(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  // CHECK: cvt.attention {{.*}} heads 8 {{.*}}<f32>} : (tensor<?x4x8xbf16>, tensor<?x4x8xbf16>, tensor<?x4x8xbf16>) -> tensor<?x4x8xf32>
  %2 = cvt.attention %1, %1, %1 heads 8 scale 0.5 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: cvt.attention {{.*}} heads 2 {{.*}}<f32>} : (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.attention %0, %2, %2 heads 2 scale 0.5 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}

// Convolutions round what they read; the first one reads pictures, of any number
// of channels.
// CHECK-LABEL: @convolutions
func.func @convolutions(%0: tensor<?x3x8x8xf32>) -> tensor<?x8x8x8xf32> {
  // CHECK: cvt.conv_embed {{.*}} layout nchw {{.*}}<bf16>} : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x8xf32>
  %1 = cvt.conv_embed %0, @pictures layout nchw channels 8 kernel 3 stride 1 padding 1 : (tensor<?x3x8x8xf32>) -> tensor<?x8x8x8xf32>
  // CHECK: cvt.conv_embed {{.*}} layout nhwc {{.*}}<bf16>} : (tensor<?x8x8x8xf32>) -> tensor<?x8x8x8xf32>
  %2 = cvt.conv_embed %1, @stem layout nhwc channels 8 kernel 3 stride 1 padding 1 : (tensor<?x8x8x8xf32>) -> tensor<?x8x8x8xf32>
  return %2 : tensor<?x8x8x8xf32>
}

// A learned class token is f32, and so is what it is prepended to.
// CHECK-LABEL: @learned_token
func.func @learned_token(%0: tensor<?x4x8xf32>) -> tensor<?x5x8xf32> {
  // CHECK: cvt.layer_norm {{.*}} : tensor<?x4x8xf32>{{$}}
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  %2 = cvt.class_token @cls channels 8 : tensor<1x1x8xf32>
  %3 = cvt.prepend_class_token %2, %1 : (tensor<1x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  // CHECK: cvt.linear {{.*}}<f32>} : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %4 = cvt.linear %3, @w features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  return %4 : tensor<?x5x8xf32>
}
