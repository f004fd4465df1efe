// RUN: cvt-opt %s --cvt-assign-formats=format=f32 | FileCheck %s
// RUN: cvt-opt %s --cvt-assign-formats | FileCheck %s

// CHECK-LABEL: @example
func.func @example(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  // CHECK: cvt.gelu %{{.*}} function gelu {cvt.format = #cvt.format<f32>}
  %1 = cvt.gelu %0 function gelu : tensor<?x4x8xf32>
  return %1 : tensor<?x4x8xf32>
}

cvt.weight @cls : tensor<1x1x8xf32> from #cvt.random<zeros, seed = 1, std = 0.0, tensor = "cls">
cvt.weight @stem : tensor<8x8x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "stem">
cvt.weight @dw : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "dw">
cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">

// CHECK-LABEL: @every_graph_op
func.func @every_graph_op(%m: tensor<?x4x4x8xf32>, %t: tensor<?x4x8xf32>) {
  // CHECK: cvt.conv_embed {{.*}} {cvt.format = #cvt.format<f32>}
  %0 = cvt.conv_embed %m, @stem layout nhwc channels 8 kernel 3 stride 1 padding 1 : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  // CHECK: cvt.layer_norm {{.*}} {cvt.format = #cvt.format<f32>}
  %1 = cvt.layer_norm %t, @c, @c epsilon 1.0e-5 : tensor<?x4x8xf32>
  // CHECK: cvt.conv_projection {{.*}} {cvt.format = #cvt.format<f32>}
  %2 = cvt.conv_projection %m, @dw norm(@c, @c, @c, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5 : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  // CHECK: cvt.depthwise_conv {{.*}} {cvt.format = #cvt.format<f32>}
  %3 = cvt.depthwise_conv %m, [@dw] biases [@c] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  // CHECK: cvt.avg_pool {{.*}} {cvt.format = #cvt.format<f32>}
  %4 = cvt.avg_pool %m kernel 3 stride 1 padding 1 : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  // CHECK: cvt.linear {{.*}} {cvt.format = #cvt.format<f32>}
  %5 = cvt.linear %t, @w features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: cvt.attention {{.*}} {cvt.format = #cvt.format<f32>}
  %6 = cvt.attention %t, %t, %t heads 2 scale 0.5 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: cvt.add {{.*}} {cvt.format = #cvt.format<f32>}
  %7 = cvt.add %t, %t : tensor<?x4x8xf32>, tensor<?x4x8xf32>
  // CHECK: cvt.token_mean {{.*}} {cvt.format = #cvt.format<f32>}
  %8 = cvt.token_mean %t : (tensor<?x4x8xf32>) -> tensor<?x8xf32>
  // CHECK: cvt.to_nchw {{.*}} {cvt.format = #cvt.format<f32>}
  %9 = cvt.to_nchw %m : (tensor<?x4x4x8xf32>) -> tensor<?x8x4x4xf32>
  return
}

// CHECK-LABEL: @no_view
// CHECK-NOT: cvt.format
func.func @no_view(%m: tensor<?x4x4x8xf32>) {
  %0 = cvt.reshape %m : tensor<?x4x4x8xf32> -> tensor<?x16x8xf32>
  %1 = cvt.class_token @cls channels 8 : tensor<1x1x8xf32>
  %2 = cvt.prepend_class_token %1, %0 : (tensor<1x1x8xf32>, tensor<?x16x8xf32>) -> tensor<?x17x8xf32>
  %3 = cvt.take_class_token %2 : (tensor<?x17x8xf32>) -> tensor<?x1x8xf32>
  %4 = cvt.drop_class_token %2 : (tensor<?x17x8xf32>) -> tensor<?x16x8xf32>
  return
}
