// RUN: cvt-opt %s --canonicalize | FileCheck %s

cvt.weight @cls : tensor<1x1x8xf32> from #cvt.random<zeros, seed = 1, std = 0.0, tensor = "cls">

// CHECK-LABEL: @reshape_to_itself
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @reshape_to_itself(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %0 = cvt.reshape %x : tensor<?x4x8xf32> -> tensor<?x4x8xf32>
  return %0 : tensor<?x4x8xf32>
}

// CHECK-LABEL: @reshape_there_and_back
// CHECK-SAME: (%[[X:.*]]: tensor<?x2x2x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @reshape_there_and_back(%x: tensor<?x2x2x8xf32>) -> tensor<?x2x2x8xf32> {
  %0 = cvt.reshape %x : tensor<?x2x2x8xf32> -> tensor<?x4x8xf32>
  %1 = cvt.reshape %0 : tensor<?x4x8xf32> -> tensor<?x2x2x8xf32>
  return %1 : tensor<?x2x2x8xf32>
}

// CHECK-LABEL: @reshape_of_reshape
// CHECK-SAME: (%[[X:.*]]: tensor<?x2x3x8xf32>)
// CHECK-NEXT: %[[R:.*]] = cvt.reshape %[[X]] : tensor<?x2x3x8xf32> -> tensor<?x3x2x8xf32>
// CHECK-NEXT: return %[[R]]
func.func @reshape_of_reshape(%x: tensor<?x2x3x8xf32>) -> tensor<?x3x2x8xf32> {
  %0 = cvt.reshape %x : tensor<?x2x3x8xf32> -> tensor<?x6x8xf32>
  %1 = cvt.reshape %0 : tensor<?x6x8xf32> -> tensor<?x3x2x8xf32>
  return %1 : tensor<?x3x2x8xf32>
}

// CHECK-LABEL: @take_what_was_prepended
// CHECK-SAME: (%[[CLS:.*]]: tensor<?x1x8xf32>, %[[X:.*]]: tensor<?x4x8xf32>)
// CHECK-NEXT: return %[[CLS]], %[[X]]
func.func @take_what_was_prepended(%cls: tensor<?x1x8xf32>, %x: tensor<?x4x8xf32>) -> (tensor<?x1x8xf32>, tensor<?x4x8xf32>) {
  %0 = cvt.prepend_class_token %cls, %x : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  %2 = cvt.drop_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  return %1, %2 : tensor<?x1x8xf32>, tensor<?x4x8xf32>
}

// The learned token has no batch: only prepending it repeats it.
// CHECK-LABEL: @take_the_learned_token
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>)
// CHECK-NEXT: %[[CLS:.*]] = cvt.class_token @cls
// CHECK-NEXT: %[[ALL:.*]] = cvt.prepend_class_token %[[CLS]], %[[X]]
// CHECK-NEXT: %[[ROW:.*]] = cvt.take_class_token %[[ALL]]
// CHECK-NEXT: return %[[ROW]], %[[X]]
func.func @take_the_learned_token(%x: tensor<?x4x8xf32>) -> (tensor<?x1x8xf32>, tensor<?x4x8xf32>) {
  %cls = cvt.class_token @cls channels 8 : tensor<1x1x8xf32>
  %0 = cvt.prepend_class_token %cls, %x : (tensor<1x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  %2 = cvt.drop_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  return %1, %2 : tensor<?x1x8xf32>, tensor<?x4x8xf32>
}

// CHECK-LABEL: @take_of_one_token
// CHECK-SAME: (%[[X:.*]]: tensor<?x1x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @take_of_one_token(%x: tensor<?x1x8xf32>) -> tensor<?x1x8xf32> {
  %0 = cvt.take_class_token %x : (tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  return %0 : tensor<?x1x8xf32>
}

// CHECK-LABEL: @mean_of_one_token
// CHECK-SAME: (%[[X:.*]]: tensor<?x1x8xf32>, %[[Y:.*]]: tensor<?x2x8xf32>)
// CHECK-DAG: %[[ONE:.*]] = cvt.reshape %[[X]] : tensor<?x1x8xf32> -> tensor<?x8xf32>
// CHECK-DAG: %[[TWO:.*]] = cvt.token_mean %[[Y]]
// CHECK: return %[[ONE]], %[[TWO]]
func.func @mean_of_one_token(%x: tensor<?x1x8xf32>, %y: tensor<?x2x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = cvt.token_mean %x : (tensor<?x1x8xf32>) -> tensor<?x8xf32>
  %1 = cvt.token_mean %y : (tensor<?x2x8xf32>) -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// A view of the same numbers does not round them.
// CHECK-LABEL: @rounded_mean_of_one_token
// CHECK-NEXT: %[[MEAN:.*]] = cvt.token_mean
// CHECK-NEXT: return %[[MEAN]]
func.func @rounded_mean_of_one_token(%x: tensor<?x1x8xf32>) -> tensor<?x8xbf16> {
  %0 = cvt.token_mean %x : (tensor<?x1x8xf32>) -> tensor<?x8xbf16>
  return %0 : tensor<?x8xbf16>
}

// Ops have no effects: what is not used goes away.
// CHECK-LABEL: @unused
// CHECK-NEXT: return
func.func @unused(%x: tensor<?x4x8xf32>) {
  %0 = cvt.gelu %x function gelu : tensor<?x4x8xf32>
  %1 = cvt.add %0, %x : tensor<?x4x8xf32>, tensor<?x4x8xf32>
  return
}
