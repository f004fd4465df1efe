// Result types follow from operands and attributes: those of odd sizes here
// are the only ones accepted, as inference-invalid.mlir shows.
// RUN: cvt-opt %s | FileCheck %s

cvt.weight @stem : tensor<4x3x7x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "stem">
cvt.weight @k2 : tensor<4x4x2x2xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "k2">
cvt.weight @k1 : tensor<4x1x1x1xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "k1">
cvt.weight @k3 : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "k3">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">

// CHECK-LABEL: @conv_embed
func.func @conv_embed(%odd: tensor<?x3x225x97xf32>, %small: tensor<?x3x3x3xf32>, %nhwc: tensor<?x3x5x4xf32>) {
  // floor((225 + 4 - 7) / 4) + 1 = 56, floor((97 + 4 - 7) / 4) + 1 = 24
  // CHECK: (tensor<?x3x225x97xf32>) -> tensor<?x56x24x4xf32>
  %0 = cvt.conv_embed %odd, @stem layout nchw channels 4 kernel 7 stride 4 padding 2 : (tensor<?x3x225x97xf32>) -> tensor<?x56x24x4xf32>
  // The padded input is just as large as the kernel.
  // CHECK: (tensor<?x3x3x3xf32>) -> tensor<?x1x1x4xf32>
  %1 = cvt.conv_embed %small, @stem layout nchw channels 4 kernel 7 stride 4 padding 2 : (tensor<?x3x3x3xf32>) -> tensor<?x1x1x4xf32>
  // CHECK: (tensor<?x3x5x4xf32>) -> tensor<?x1x2x4xf32>
  %2 = cvt.conv_embed %nhwc, @k2 layout nhwc channels 4 kernel 2 stride 2 padding 0 : (tensor<?x3x5x4xf32>) -> tensor<?x1x2x4xf32>
  return
}

// CHECK-LABEL: @projections
func.func @projections(%odd: tensor<?x7x5x4xf32>, %one: tensor<?x1x1x4xf32>) {
  // CHECK: (tensor<?x7x5x4xf32>) -> tensor<?x4x3x4xf32>
  %0 = cvt.conv_projection %odd, @k3 norm(@c, @c, @c, @c) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x7x5x4xf32>) -> tensor<?x4x3x4xf32>
  // CHECK: (tensor<?x1x1x4xf32>) -> tensor<?x1x1x4xf32>
  %1 = cvt.conv_projection %one, @k3 norm(@c, @c, @c, @c) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x1x1x4xf32>) -> tensor<?x1x1x4xf32>
  // Each result has a size of its own.
  // CHECK: (tensor<?x7x5x4xf32>) -> (tensor<?x7x5x4xf32>, tensor<?x3x2x4xf32>, tensor<?x3x3x4xf32>)
  %2:3 = cvt.depthwise_conv %odd, [@k3, @k3, @k3] biases [@c, @c, @c] kernel 3 strides [1, 2, 3] paddings [1, 0, 2] : (tensor<?x7x5x4xf32>) -> (tensor<?x7x5x4xf32>, tensor<?x3x2x4xf32>, tensor<?x3x3x4xf32>)
  // CHECK: (tensor<?x7x5x4xf32>) -> tensor<?x4x3x4xf32>
  %3 = cvt.depthwise_conv %odd, [@k1] biases [@c] kernel 1 strides [2] paddings [0] : (tensor<?x7x5x4xf32>) -> tensor<?x4x3x4xf32>
  return
}

// Sizes as PyTorch 2.13's AvgPool2d(kernel, stride, padding, ceil_mode=True).
// CHECK-LABEL: @avg_pool
func.func @avg_pool(%a: tensor<?x14x7x4xf32>, %b: tensor<?x3x1x4xf32>, %c: tensor<?x4x5x4xf32>) {
  // Rounded up: 8 and 4.
  // CHECK: (tensor<?x14x7x4xf32>) -> tensor<?x8x4x4xf32>
  %0 = cvt.avg_pool %a kernel 3 stride 2 padding 1 : (tensor<?x14x7x4xf32>) -> tensor<?x8x4x4xf32>
  // Without padding a last window may hang over on the right: 7 and 3.
  // CHECK: (tensor<?x14x7x4xf32>) -> tensor<?x7x3x4xf32>
  %1 = cvt.avg_pool %a kernel 3 stride 2 padding 0 : (tensor<?x14x7x4xf32>) -> tensor<?x7x3x4xf32>
  // The second window would start in the right padding and is left out.
  // CHECK: (tensor<?x3x1x4xf32>) -> tensor<?x2x1x4xf32>
  %2 = cvt.avg_pool %b kernel 2 stride 2 padding 1 : (tensor<?x3x1x4xf32>) -> tensor<?x2x1x4xf32>
  // The second would start just there in one axis and one before it in the other.
  // CHECK: (tensor<?x4x5x4xf32>) -> tensor<?x1x2x4xf32>
  %3 = cvt.avg_pool %c kernel 4 stride 6 padding 2 : (tensor<?x4x5x4xf32>) -> tensor<?x1x2x4xf32>
  // A kernel may be longer than the axes, by less than the stride.
  // CHECK: (tensor<?x4x5x4xf32>) -> tensor<?x1x1x4xf32>
  %4 = cvt.avg_pool %c kernel 6 stride 3 padding 0 : (tensor<?x4x5x4xf32>) -> tensor<?x1x1x4xf32>
  return
}
