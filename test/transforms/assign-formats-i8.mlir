// RUN: cvt-opt %s --cvt-assign-formats=format=i8 | FileCheck %s

// Linear layers multiply in 8 bits what is quantized right before them,
// attention and convolutions what they quantize themselves; all else is as with
// bf16.

cvt.weight @gamma : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "gamma">
cvt.weight @beta : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "beta">
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @six : tensor<6x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "six">
cvt.weight @seven : tensor<7x6xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "seven">
cvt.weight @back : tensor<8x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "back">
cvt.weight @dw : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "dw">
cvt.weight @conv : tensor<8x8x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">
cvt.weight @conv6 : tensor<6x8x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv6">
cvt.weight @conv7 : tensor<7x6x1x1xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv7">
cvt.weight @long : tensor<1x65540xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "long">
cvt.weight @wide : tensor<1x65540x1x1xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "wide">

// The result of one layer that only another reads is bf16 in between; with a
// residual it is f32.
// CHECK-LABEL: @mlp
func.func @mlp(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  // CHECK: %[[NORM:.*]] = cvt.layer_norm {{.*}} -> tensor<?x4x8xbf16>
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
  // CHECK-NEXT: %[[Q1:.*]] = cvt.quantize %[[NORM]] {cvt.format = #cvt.format<f32>} : (tensor<?x4x8xbf16>) -> tensor<?x4x16xui8>
  // CHECK-NEXT: %[[HIDDEN:.*]] = cvt.linear %[[Q1]], @w features 8 activation gelu {cvt.format = #cvt.format<i8>} : (tensor<?x4x16xui8>) -> tensor<?x4x8xbf16>
  %2 = cvt.linear %1, @w features 8 activation gelu : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK-NEXT: %[[Q2:.*]] = cvt.quantize %[[HIDDEN]]
  // CHECK-NEXT: cvt.linear %[[Q2]], @w residual %{{.*}} features 8 {cvt.format = #cvt.format<i8>} : (tensor<?x4x16xui8>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.linear %2, @w residual %0 features 8
         : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}

// What several layers read is quantized once, also where it stays f32: as a
// residual it is read as it was.
// CHECK-LABEL: @shared
func.func @shared(%0: tensor<?x4x8xf32>) -> (tensor<?x4x8xf32>, tensor<?x4x8xf32>) {
  // CHECK: %[[Q:.*]] = cvt.quantize %[[X:.*]] {cvt.format = #cvt.format<f32>} : (tensor<?x4x8xf32>) -> tensor<?x4x16xui8>
  // CHECK-NEXT: cvt.linear %[[Q]], @w features 8
  %1 = cvt.linear %0, @w features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK-NEXT: cvt.linear %[[Q]], @w residual %[[X]] features 8
  %2 = cvt.linear %0, @w residual %0 features 8 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %1, %2 : tensor<?x4x8xf32>, tensor<?x4x8xf32>
}

// Six inputs are multiplied in pairs, seven one by one.
// CHECK-LABEL: @numbers_of_inputs
func.func @numbers_of_inputs(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: cvt.linear {{.*}}<i8>} : (tensor<?x16xui8>) -> tensor<?x6xbf16>
  %1 = cvt.linear %0, @six features 6 : (tensor<?x8xf32>) -> tensor<?x6xf32>
  // CHECK-NEXT: cvt.linear {{.*}}<bf16>} : (tensor<?x6xbf16>) -> tensor<?x7xf32>
  %2 = cvt.linear %1, @seven features 7 : (tensor<?x6xf32>) -> tensor<?x7xf32>
  // CHECK-NEXT: cvt.linear {{.*}}<f32>} : (tensor<?x7xf32>) -> tensor<?x8xf32>
  %3 = cvt.linear %2, @back features 8 : (tensor<?x7xf32>) -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// Views come before quantize: they move bf16.
// CHECK-LABEL: @attention
func.func @attention(%0: tensor<?x5x8xf32>) -> tensor<?x5x8xf32> {
  // CHECK: cvt.layer_norm {{.*}} -> tensor<?x5x8xbf16>
  %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x5x8xf32>
  %2 = cvt.drop_class_token %1 : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.reshape %2 : tensor<?x4x8xf32> -> tensor<?x2x2x8xf32>
  %4 = cvt.depthwise_conv %3, [@dw] biases [@beta] kernel 3 strides [1] paddings [1] : (tensor<?x2x2x8xf32>) -> tensor<?x2x2x8xf32>
  %5 = cvt.reshape %4 : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  // CHECK: cvt.quantize %{{.*}} : (tensor<?x4x8xbf16>) -> tensor<?x4x16xui8>
  // CHECK-NEXT: cvt.linear {{.*}}<i8>} : (tensor<?x4x16xui8>) -> tensor<?x4x8xbf16>
  %6 = cvt.linear %5, @w features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK-NEXT: cvt.attention {{.*}}<i8>} : (tensor<?x5x8xbf16>, tensor<?x4x8xbf16>, tensor<?x4x8xbf16>) -> tensor<?x5x8xbf16>
  %7 = cvt.attention %1, %6, %6 heads 2 scale 0.5 : (tensor<?x5x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  // CHECK-NEXT: cvt.quantize
  // CHECK-NEXT: cvt.linear {{.*}}<i8>} : (tensor<?x5x16xui8>) -> tensor<?x5x8xf32>
  %8 = cvt.linear %7, @w features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  return %8 : tensor<?x5x8xf32>
}

// Heads of 2 channels, and too many keys to add up.
// CHECK-LABEL: @attention_in_bf16
func.func @attention_in_bf16(%0: tensor<?x5x8xf32>, %1: tensor<?x65537x8xf32>) -> (tensor<?x5x8xf32>, tensor<?x5x8xf32>) {
  %2 = cvt.linear %0, @w features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %3 = cvt.linear %1, @w features 8 : (tensor<?x65537x8xf32>) -> tensor<?x65537x8xf32>
  // CHECK: cvt.attention {{.*}} heads 4 {{.*}}<bf16>}
  %4 = cvt.attention %2, %2, %2 heads 4 scale 0.5 : (tensor<?x5x8xf32>, tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  // CHECK: cvt.attention {{.*}} heads 2 {{.*}}<bf16>}
  %5 = cvt.attention %2, %3, %3 heads 2 scale 0.5 : (tensor<?x5x8xf32>, tensor<?x65537x8xf32>, tensor<?x65537x8xf32>) -> tensor<?x5x8xf32>
  return %4, %5 : tensor<?x5x8xf32>, tensor<?x5x8xf32>
}

// Convolutions round what they read themselves; the first one reads pictures.
// CHECK-LABEL: @convolutions
func.func @convolutions(%0: tensor<?x8x8x8xf32>) -> tensor<?x8x8x7xf32> {
  // CHECK: cvt.conv_embed {{.*}} layout nchw {{.*}}<bf16>}
  %1 = cvt.conv_embed %0, @conv layout nchw channels 8 kernel 3 stride 1 padding 1 : (tensor<?x8x8x8xf32>) -> tensor<?x8x8x8xf32>
  // CHECK: cvt.conv_embed {{.*}}<i8>} : (tensor<?x8x8x8xf32>) -> tensor<?x8x8x6xf32>
  %2 = cvt.conv_embed %1, @conv6 layout nhwc channels 6 kernel 3 stride 1 padding 1 : (tensor<?x8x8x8xf32>) -> tensor<?x8x8x6xf32>
  // CHECK: cvt.conv_embed {{.*}}<bf16>} : (tensor<?x8x8x6xf32>) -> tensor<?x8x8x7xf32>
  %3 = cvt.conv_embed %2, @conv7 layout nhwc channels 7 kernel 1 stride 1 padding 0 : (tensor<?x8x8x6xf32>) -> tensor<?x8x8x7xf32>
  return %3 : tensor<?x8x8x7xf32>
}

// Too many channels to add up.
// CHECK-LABEL: @wide_convolution
func.func @wide_convolution(%0: tensor<?x1x1x65540xf32>) -> tensor<?x1x1x1xf32> {
  // CHECK: cvt.conv_embed {{.*}}<bf16>}
  %1 = cvt.conv_embed %0, @wide layout nhwc channels 1 kernel 1 stride 1 padding 0 : (tensor<?x1x1x65540xf32>) -> tensor<?x1x1x1xf32>
  return %1 : tensor<?x1x1x1xf32>
}

// CHECK-LABEL: @long_sums
func.func @long_sums(%0: tensor<?x1x65540xf32>) -> tensor<?x1x1xf32> {
  // CHECK-NOT: cvt.quantize
  // CHECK: cvt.linear {{.*}}<f32>}
  %1 = cvt.linear %0, @long features 1 : (tensor<?x1x65540xf32>) -> tensor<?x1x1xf32>
  return %1 : tensor<?x1x1xf32>
}
