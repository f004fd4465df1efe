// RUN: cvt-opt %s --cvt-fold-batch-norm --split-input-file | FileCheck %s
// RUN: cvt-opt %s --cvt-fold-batch-norm --split-input-file | FileCheck %s --check-prefix=NONE
// NONE-NOT: cvt.conv_projection

// CHECK-DAG: cvt.prepare @conv.folded = fold_bn_weight(@conv, @gamma, @variance) epsilon 1.0e-05 : tensor<8x1x3x3xf32>
// CHECK-DAG: cvt.prepare @conv.folded_bias = fold_bn_bias(@gamma, @beta, @mean, @variance) epsilon 1.0e-05 : tensor<8xf32>
// CHECK-LABEL: @example
cvt.weight @conv : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">
cvt.weight @gamma : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "gamma">
cvt.weight @beta : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "beta">
cvt.weight @mean : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "mean">
cvt.weight @variance : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "variance">
func.func @example(%0: tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32> {
  // CHECK: %[[Y:.*]] = cvt.depthwise_conv %{{.*}}, [@conv.folded] biases [@conv.folded_bias] kernel 3 strides [2] paddings [1] : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
  // CHECK: return %[[Y]]
  %1 = cvt.conv_projection %0, @conv norm(@gamma, @beta, @mean, @variance) kernel 3 stride 2 padding 1 epsilon 1.0e-5
         : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
  return %1 : tensor<?x7x7x8xf32>
}

// -----

// Names that are taken, by weights or by earlier foldings of the same weight
// with another norm, are left alone.
// CHECK: cvt.weight @conv.folded : tensor<4xf32>
// CHECK: cvt.prepare @[[W1:conv.folded_[0-9]+]] = fold_bn_weight(@conv, @a, @a) epsilon 0.5
// CHECK: cvt.prepare @[[B1:conv.folded_bias]] = fold_bn_bias(@a, @a, @a, @a) epsilon 0.5
// CHECK: cvt.prepare @[[W2:conv.folded_[0-9]+]] = fold_bn_weight(@conv, @b, @b) epsilon 0.25
// CHECK: cvt.prepare @[[B2:conv.folded_bias_[0-9]+]] = fold_bn_bias(@b, @b, @b, @b) epsilon 0.25
// CHECK-LABEL: @taken_names
cvt.weight @conv.folded : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv.folded">
cvt.weight @conv : tensor<8x1x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">
cvt.weight @a : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "a">
cvt.weight @b : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "b">
func.func @taken_names(%0: tensor<?x6x6x8xf32>) -> (tensor<?x6x6x8xf32>, tensor<?x4x4x8xf32>) {
  // CHECK: cvt.depthwise_conv %{{.*}}, [@[[W1]]] biases [@[[B1]]] kernel 5 strides [1] paddings [2]
  %1 = cvt.conv_projection %0, @conv norm(@a, @a, @a, @a) kernel 5 stride 1 padding 2 epsilon 0.5 : (tensor<?x6x6x8xf32>) -> tensor<?x6x6x8xf32>
  // CHECK: cvt.depthwise_conv %{{.*}}, [@[[W2]]] biases [@[[B2]]] kernel 5 strides [1] paddings [1]
  %2 = cvt.conv_projection %0, @conv norm(@b, @b, @b, @b) kernel 5 stride 1 padding 1 epsilon 0.25 : (tensor<?x6x6x8xf32>) -> tensor<?x4x4x8xf32>
  return %1, %2 : tensor<?x6x6x8xf32>, tensor<?x4x4x8xf32>
}

// -----

// What is folded stands behind all that it is made of, and so maybe behind its
// user.
// CHECK-LABEL: @weights_behind
// CHECK: cvt.depthwise_conv %{{.*}}, [@conv.folded] biases [@conv.folded_bias]
// CHECK: cvt.weight @a
// CHECK-NEXT: cvt.prepare @conv.folded_bias = fold_bn_bias(@a, @a, @a, @a)
// CHECK: cvt.weight @conv
// CHECK-NEXT: cvt.prepare @conv.folded = fold_bn_weight(@conv, @a, @a)
func.func @weights_behind(%0: tensor<?x6x6x8xf32>) -> tensor<?x6x6x8xf32> {
  %1 = cvt.conv_projection %0, @conv norm(@a, @a, @a, @a) kernel 5 stride 1 padding 2 epsilon 0.5 : (tensor<?x6x6x8xf32>) -> tensor<?x6x6x8xf32>
  return %1 : tensor<?x6x6x8xf32>
}
cvt.weight @a : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "a">
cvt.weight @conv : tensor<8x1x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">

// -----

// Weights of a module inside are its own.
// CHECK-LABEL: module @inside
// CHECK: cvt.prepare @conv.folded = fold_bn_weight(@conv, @a, @a)
// CHECK: cvt.prepare @conv.folded_bias = fold_bn_bias(@a, @a, @a, @a)
// CHECK: cvt.depthwise_conv %{{.*}}, [@conv.folded] biases [@conv.folded_bias]
module @inside {
  cvt.weight @a : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "a">
  cvt.weight @conv : tensor<8x1x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">
  func.func @nested(%0: tensor<?x6x6x8xf32>) -> tensor<?x6x6x8xf32> {
    %1 = cvt.conv_projection %0, @conv norm(@a, @a, @a, @a) kernel 5 stride 1 padding 2 epsilon 0.5 : (tensor<?x6x6x8xf32>) -> tensor<?x6x6x8xf32>
    return %1 : tensor<?x6x6x8xf32>
  }
}
