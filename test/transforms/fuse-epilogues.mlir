// RUN: cvt-opt %s --cvt-fuse-epilogues | FileCheck %s

cvt.weight @w : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @v : tensor<8x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "v">
cvt.weight @b : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "b">

// CHECK-LABEL: @example
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>)
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %[[X]], @w bias @b residual %[[X]] features 8 : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @example(%0: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  %1 = cvt.linear %0, @w bias @b features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.add %0, %1 : tensor<?x4x8xf32>, tensor<?x4x8xf32>
  return %2 : tensor<?x4x8xf32>
}

// CHECK-LABEL: @activation
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w features 8 activation quick_gelu
// CHECK-NEXT: return %[[Y]]
func.func @activation(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.gelu %1 function quick_gelu : tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: @activation_then_residual
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[R:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %[[X]], @w residual %[[R]] features 8 activation gelu
// CHECK-NEXT: return %[[Y]]
func.func @activation_then_residual(%0: tensor<?x8xf32>, %r: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.gelu %1 function gelu : tensor<?x8xf32>
  %3 = cvt.add %2, %r : tensor<?x8xf32>, tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// A linear layer adds its residual after its activation: the other order stays.
// CHECK-LABEL: @residual_then_activation
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w residual %{{.*}} features 8 :
// CHECK-NEXT: %[[Z:.*]] = cvt.gelu %[[Y]] function gelu
// CHECK-NEXT: return %[[Z]]
func.func @residual_then_activation(%0: tensor<?x8xf32>, %r: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.add %1, %r : tensor<?x8xf32>, tensor<?x8xf32>
  %3 = cvt.gelu %2 function gelu : tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// CHECK-LABEL: @second_activation
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w features 8 activation gelu
// CHECK-NEXT: %[[Z:.*]] = cvt.gelu %[[Y]] function quick_gelu
// CHECK-NEXT: return %[[Z]]
func.func @second_activation(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.gelu %1 function gelu : tensor<?x8xf32>
  %3 = cvt.gelu %2 function quick_gelu : tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// CHECK-LABEL: @second_residual
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[R:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %[[X]], @w residual %[[R]] features 8
// CHECK-NEXT: %[[Z:.*]] = cvt.add %[[Y]], %[[X]]
// CHECK-NEXT: return %[[Z]]
func.func @second_residual(%0: tensor<?x8xf32>, %r: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.add %1, %r : tensor<?x8xf32>, tensor<?x8xf32>
  %3 = cvt.add %2, %0 : tensor<?x8xf32>, tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// Of two linear layers the later one takes the other's result.
// CHECK-LABEL: @both_operands
// CHECK-NEXT: %[[V:.*]] = cvt.linear %{{.*}}, @v features 8
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w residual %[[V]] features 8
// CHECK-NEXT: return %[[Y]]
func.func @both_operands(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @v features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = cvt.add %2, %1 : tensor<?x8xf32>, tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// The residual is made after the linear layer, which moves below it.
// CHECK-LABEL: @late_residual
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
// CHECK-NEXT: %[[N:.*]] = cvt.layer_norm %[[X]]
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %[[X]], @w residual %[[N]] features 8
// CHECK-NEXT: return %[[Y]]
func.func @late_residual(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.layer_norm %0, @b, @b epsilon 1.0e-5 : tensor<?x8xf32>
  %3 = cvt.add %1, %2 : tensor<?x8xf32>, tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// CHECK-LABEL: @other_users
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w features 8 :
// CHECK-NEXT: %[[G:.*]] = cvt.gelu %[[Y]]
// CHECK-NEXT: %[[A:.*]] = cvt.add %[[Y]], %[[Y]]
// CHECK-NEXT: return %[[G]], %[[A]]
func.func @other_users(%0: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.gelu %1 function gelu : tensor<?x8xf32>
  %3 = cvt.add %1, %1 : tensor<?x8xf32>, tensor<?x8xf32>
  return %2, %3 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: @twice_itself
// CHECK-NEXT: %[[Y:.*]] = cvt.linear %{{.*}}, @w features 8 :
// CHECK-NEXT: %[[A:.*]] = cvt.add %[[Y]], %[[Y]]
// CHECK-NEXT: return %[[A]]
func.func @twice_itself(%0: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %1 = cvt.linear %0, @w features 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = cvt.add %1, %1 : tensor<?x8xf32>, tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
