// RUN: cvt-opt %s --cvt-shrink-to-class-token | FileCheck %s

cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @dw : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "dw">
cvt.weight @cls : tensor<1x1x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "cls">

// CHECK-LABEL: @example
// CHECK-SAME: (%[[Q:.*]]: tensor<?x5x8xf32>, %[[K:.*]]: tensor<?x2x8xf32>, %[[V:.*]]: tensor<?x2x8xf32>)
// CHECK-NEXT: %[[ROW:.*]] = cvt.take_class_token %[[Q]] : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
// CHECK-NEXT: %[[Z:.*]] = cvt.attention %[[ROW]], %[[K]], %[[V]] heads 2 scale 0.5 : (tensor<?x1x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>) -> tensor<?x1x8xf32>
// CHECK-NEXT: return %[[Z]]
func.func @example(%q: tensor<?x5x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.attention %q, %k, %v heads 2 scale 0.5
         : (tensor<?x5x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>) -> tensor<?x5x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %1 : tensor<?x1x8xf32>
}

// CHECK-LABEL: @row_by_row
// CHECK-SAME: (%[[X:.*]]: tensor<?x5x8xf32>, %[[R:.*]]: tensor<?x5x8xf32>)
// CHECK: %[[RX:.*]] = cvt.take_class_token %[[X]]
// CHECK: %[[N:.*]] = cvt.layer_norm %[[RX]], @c, @c epsilon 1.0e-05 : tensor<?x1x8xf32>
// CHECK: %[[RR:.*]] = cvt.take_class_token %[[R]]
// CHECK: %[[L:.*]] = cvt.linear %[[N]], @w bias @c residual %[[RR]] features 8 activation gelu : (tensor<?x1x8xf32>, tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
// CHECK: %[[G:.*]] = cvt.gelu %[[L]] function gelu : tensor<?x1x8xf32>
// CHECK: %[[RX2:.*]] = cvt.take_class_token %[[X]]
// CHECK: %[[A:.*]] = cvt.add %[[G]], %[[RX2]] {cvt.format = #cvt.format<f32>} : tensor<?x1x8xf32>, tensor<?x1x8xf32>
// CHECK: return %[[A]]
func.func @row_by_row(%x: tensor<?x5x8xf32>, %r: tensor<?x5x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.layer_norm %x, @c, @c epsilon 1.0e-5 : tensor<?x5x8xf32>
  %1 = cvt.linear %0, @w bias @c residual %r features 8 activation gelu : (tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %2 = cvt.gelu %1 function gelu : tensor<?x5x8xf32>
  %3 = cvt.add %2, %x {cvt.format = #cvt.format<f32>} : tensor<?x5x8xf32>, tensor<?x5x8xf32>
  %4 = cvt.take_class_token %3 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %4 : tensor<?x1x8xf32>
}

// CHECK-LABEL: @several_takes
// CHECK-NEXT: %[[ROW:.*]] = cvt.take_class_token
// CHECK-NEXT: %[[G:.*]] = cvt.gelu %[[ROW]]
// CHECK-NEXT: return %[[G]], %[[G]]
func.func @several_takes(%x: tensor<?x5x8xf32>) -> (tensor<?x1x8xf32>, tensor<?x1x8xf32>) {
  %0 = cvt.gelu %x function gelu : tensor<?x5x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  %2 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %1, %2 : tensor<?x1x8xf32>, tensor<?x1x8xf32>
}

// CHECK-LABEL: @other_tokens_are_used
// CHECK-NEXT: %[[G:.*]] = cvt.gelu %{{.*}} function gelu : tensor<?x5x8xf32>
// CHECK-NEXT: %[[ROW:.*]] = cvt.take_class_token %[[G]]
// CHECK-NEXT: return %[[G]], %[[ROW]]
func.func @other_tokens_are_used(%x: tensor<?x5x8xf32>) -> (tensor<?x5x8xf32>, tensor<?x1x8xf32>) {
  %0 = cvt.gelu %x function gelu : tensor<?x5x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %0, %1 : tensor<?x5x8xf32>, tensor<?x1x8xf32>
}

// Every key and value is needed for one token: the norm that feeds them stays.
// CHECK-LABEL: @keys_and_values
// CHECK-NEXT: %[[N:.*]] = cvt.layer_norm %{{.*}} : tensor<?x5x8xf32>
// CHECK-NEXT: %[[ROW:.*]] = cvt.take_class_token %[[N]]
// CHECK-NEXT: %[[Z:.*]] = cvt.attention %[[ROW]], %[[N]], %[[N]]
// CHECK-NEXT: return %[[Z]]
func.func @keys_and_values(%x: tensor<?x5x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.layer_norm %x, @c, @c epsilon 1.0e-5 : tensor<?x5x8xf32>
  %1 = cvt.attention %0, %0, %0 heads 2 scale 0.5 : (tensor<?x5x8xf32>, tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %2 = cvt.take_class_token %1 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %2 : tensor<?x1x8xf32>
}

// Where the class token is put back in front of the query's tokens, their
// convolution dies.
// CHECK-LABEL: @query
// CHECK-SAME: (%[[M:.*]]: tensor<?x2x2x8xf32>, %[[T:.*]]: tensor<?x1x8xf32>)
// CHECK-NEXT: %[[Q:.*]] = cvt.linear %[[T]], @w features 8 : (tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
// CHECK-NEXT: return %[[Q]]
func.func @query(%m: tensor<?x2x2x8xf32>, %t: tensor<?x1x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.depthwise_conv %m, [@dw] biases [@c] kernel 3 strides [1] paddings [1] : (tensor<?x2x2x8xf32>) -> tensor<?x2x2x8xf32>
  %1 = cvt.reshape %0 : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  %2 = cvt.prepend_class_token %t, %1 : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %3 = cvt.linear %2, @w features 8 : (tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %4 = cvt.take_class_token %3 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %4 : tensor<?x1x8xf32>
}

// The learned token, which prepending repeats for the batch, is as far as the
// taking gets; what mixes tokens stops it too.
// CHECK-LABEL: @sources
// CHECK: %[[CLS:.*]] = cvt.class_token @cls
// CHECK: %[[ALL:.*]] = cvt.prepend_class_token %[[CLS]]
// CHECK: %[[ROW:.*]] = cvt.take_class_token %[[ALL]]
// CHECK: %[[N:.*]] = cvt.layer_norm %[[ROW]]
// CHECK: %[[FLAT:.*]] = cvt.reshape
// CHECK: cvt.take_class_token %[[FLAT]]
func.func @sources(%m: tensor<?x2x2x8xf32>, %t: tensor<?x4x8xf32>) -> (tensor<?x1x8xf32>, tensor<?x1x8xf32>) {
  %cls = cvt.class_token @cls channels 8 : tensor<1x1x8xf32>
  %0 = cvt.prepend_class_token %cls, %t : (tensor<1x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %1 = cvt.layer_norm %0, @c, @c epsilon 1.0e-5 : tensor<?x5x8xf32>
  %2 = cvt.take_class_token %1 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  %3 = cvt.reshape %m : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  %4 = cvt.take_class_token %3 : (tensor<?x4x8xf32>) -> tensor<?x1x8xf32>
  return %2, %4 : tensor<?x1x8xf32>, tensor<?x1x8xf32>
}

// CHECK-LABEL: @quantized
// CHECK: cvt.linear %{{.*}} -> tensor<?x5x8xf32>
// CHECK: cvt.take_class_token
func.func @quantized(%t: tensor<?x5x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.quantize %t : (tensor<?x5x8xf32>) -> tensor<?x5x16xui8>
  %1 = cvt.linear %0, @w features 8 : (tensor<?x5x16xui8>) -> tensor<?x5x8xf32>
  %2 = cvt.take_class_token %1 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  return %2 : tensor<?x1x8xf32>
}
