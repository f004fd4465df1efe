// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=x86-64-v3 | FileCheck %s

// One class token that is prepended twice needs a copy for each place, and
// tokens behind a class token are copied before a linear layer reads them as
// rows.  A returned view is a copy.

// CHECK-LABEL: func.func @forward_x86_64_v3
func.func @forward(%x: tensor<?x5x8xf32>)
    -> (tensor<?x5x8xf32>, tensor<?x5x8xf32>, tensor<?x1x8xf32>)
    attributes {cvt.outputs = ["a", "b", "c"]} {
  %cls = cvt.take_class_token %x : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
  %rest = cvt.drop_class_token %x : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: %[[REST:.*]] = cvt.drop_class_token
  // CHECK: %[[ROWS:.*]] = cvt.launch @copy_c8_t4_f32_x86_64_v3(%[[REST]])
  // CHECK: cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%[[ROWS]],
  %y = cvt.linear %rest, @w features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: %[[C1:.*]] = cvt.launch @copy_c8_t1_f32_x86_64_v3
  // CHECK: cvt.prepend_class_token %[[C1]],
  %a = cvt.prepend_class_token %cls, %y : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  // CHECK: %[[C2:.*]] = cvt.launch @copy_c8_t1_f32_x86_64_v3
  // CHECK: cvt.prepend_class_token %[[C2]],
  %b = cvt.prepend_class_token %cls, %rest : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x5x8xf32>
  // CHECK-COUNT-3: cvt.launch @copy_
  // CHECK: return
  return %a, %b, %cls : tensor<?x5x8xf32>, tensor<?x5x8xf32>, tensor<?x1x8xf32>
}
cvt.weight @w : tensor<8x8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
