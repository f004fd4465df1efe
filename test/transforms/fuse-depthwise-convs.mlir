// RUN: cvt-opt %s --cvt-fuse-depthwise-convs | FileCheck %s

cvt.weight @wq : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "wq">
cvt.weight @wk : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "wk">
cvt.weight @wv : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "wv">
cvt.weight @w5 : tensor<8x1x5x5xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w5">
cvt.weight @bq : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "bq">
cvt.weight @bk : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "bk">
cvt.weight @bv : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "bv">

// CHECK-LABEL: @example
// CHECK-SAME: (%[[X:.*]]: tensor<?x14x14x8xf32>)
// CHECK-NEXT: %[[QK:.*]]:2 = cvt.depthwise_conv %[[X]], [@wq, @wk] biases [@bq, @bk] kernel 3 strides [1, 2] paddings [1, 1] : (tensor<?x14x14x8xf32>) -> (tensor<?x14x14x8xf32>, tensor<?x7x7x8xf32>)
// CHECK-NEXT: return %[[QK]]#0, %[[QK]]#1
func.func @example(%0: tensor<?x14x14x8xf32>) -> (tensor<?x14x14x8xf32>, tensor<?x7x7x8xf32>) {
  %q = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1]
         : (tensor<?x14x14x8xf32>) -> tensor<?x14x14x8xf32>
  %k = cvt.depthwise_conv %0, [@wk] biases [@bk] kernel 3 strides [2] paddings [1]
         : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
  return %q, %k : tensor<?x14x14x8xf32>, tensor<?x7x7x8xf32>
}

// The fused op stands where the first one was, above its first user.
// CHECK-LABEL: @users_in_between
// CHECK-NEXT: %[[QKV:.*]]:3 = cvt.depthwise_conv %{{.*}}, [@wq, @wk, @wv] biases [@bq, @bk, @bv] kernel 3 strides [1, 1, 1] paddings [1, 1, 1]
// CHECK-NEXT: %[[G:.*]] = cvt.gelu %[[QKV]]#0
// CHECK-NEXT: return %[[G]], %[[QKV]]#2, %[[QKV]]#1
func.func @users_in_between(%0: tensor<?x4x4x8xf32>) -> (tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>) {
  %q = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %g = cvt.gelu %q function gelu : tensor<?x4x4x8xf32>
  %k = cvt.depthwise_conv %0, [@wk] biases [@bk] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %v = cvt.depthwise_conv %0, [@wv] biases [@bv] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  return %g, %v, %k : tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>
}

// At most three results each.
// CHECK-LABEL: @five
// CHECK-NEXT: %[[A:.*]]:3 = cvt.depthwise_conv %{{.*}}, [@wq, @wk, @wv] biases [@bq, @bk, @bv]
// CHECK-NEXT: %[[B:.*]]:2 = cvt.depthwise_conv %{{.*}}, [@wv, @wk] biases [@bq, @bk]
// CHECK-NEXT: return %[[A]]#0, %[[A]]#1, %[[A]]#2, %[[B]]#0, %[[B]]#1
func.func @five(%0: tensor<?x3x3x8xf32>) -> (tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>) {
  %a:2 = cvt.depthwise_conv %0, [@wq, @wk] biases [@bq, @bk] kernel 3 strides [1, 1] paddings [1, 1] : (tensor<?x3x3x8xf32>) -> (tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>)
  %b:3 = cvt.depthwise_conv %0, [@wv, @wv, @wk] biases [@bv, @bq, @bk] kernel 3 strides [1, 1, 1] paddings [1, 1, 1] : (tensor<?x3x3x8xf32>) -> (tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>)
  return %a#0, %a#1, %b#0, %b#1, %b#2 : tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>, tensor<?x3x3x8xf32>
}

// CHECK-LABEL: @unused_results
// CHECK-NEXT: %[[K:.*]] = cvt.depthwise_conv %{{.*}}, [@wk] biases [@bk] kernel 3 strides [2] paddings [1]
// CHECK-NEXT: return %[[K]]
func.func @unused_results(%0: tensor<?x4x4x8xf32>) -> tensor<?x2x2x8xf32> {
  %q = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %kv:2 = cvt.depthwise_conv %0, [@wv, @wk] biases [@bv, @bk] kernel 3 strides [1, 2] paddings [1, 1] : (tensor<?x4x4x8xf32>) -> (tensor<?x4x4x8xf32>, tensor<?x2x2x8xf32>)
  return %kv#1 : tensor<?x2x2x8xf32>
}

// CHECK-LABEL: @other_input_kernel_or_format
// CHECK-COUNT-4: = cvt.depthwise_conv
// CHECK: return
func.func @other_input_kernel_or_format(%0: tensor<?x4x4x8xf32>, %1: tensor<?x4x4x8xf32>) -> (tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>) {
  %a = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %b = cvt.depthwise_conv %1, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %c = cvt.depthwise_conv %0, [@w5] biases [@bq] kernel 5 strides [1] paddings [2] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %d = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] {cvt.format = #cvt.format<f32>} : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  return %a, %b, %c, %d : tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>, tensor<?x4x4x8xf32>
}

// A kernel rounds all results or none.
// CHECK-LABEL: @other_elements
// CHECK-COUNT-2: = cvt.depthwise_conv
// CHECK: return
func.func @other_elements(%0: tensor<?x4x4x8xf32>) -> (tensor<?x4x4x8xf32>, tensor<?x4x4x8xbf16>) {
  %a = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  %b = cvt.depthwise_conv %0, [@wk] biases [@bk] kernel 3 strides [1] paddings [1] : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xbf16>
  return %a, %b : tensor<?x4x4x8xf32>, tensor<?x4x4x8xbf16>
}
