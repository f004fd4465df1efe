// RUN: cvt-opt %s --cvt-plan-memory=max-batch=4 | FileCheck %s

// A linear layer writes its sum over the residual, where that is in the arena
// and nothing else is in its place that is needed.

cvt.weight @w : tensor<1x8x8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.kernel @linear_n8_k8_m4_f32_x86_64_v3 flops 1 bytes 1
cvt.kernel @linear_n8_k8_m4_residual_f32_x86_64_v3 flops 1 bytes 1
cvt.kernel @linear_n8_k8_m1_residual_f32_x86_64_v3 flops 1 bytes 1

// CHECK-LABEL: func.func @replaced
// CHECK-SAME: cvt.arena_bytes_per_image = 256
func.func @replaced(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %1 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%0, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  // CHECK-COUNT-2: cvt.launch
  // CHECK: rows 1
  // CHECK-NEXT: %[[RESIDUAL:.*]] = cvt.view %[[ARENA:.*]][%{{.*}}] offset 0 offset_per_image [[OFFSET:.*]] rows 4
  // CHECK-NEXT: %[[SUM:.*]] = cvt.view %[[ARENA]][%{{.*}}] offset 0 offset_per_image [[OFFSET]] rows 4
  // CHECK-NEXT: cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%{{.*}}, %{{.*}}, %[[RESIDUAL]]) outs(%[[SUM]])
  %2 = cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%1, %w, %0) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%2, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}

// CHECK-LABEL: func.func @needed_behind
// CHECK-SAME: cvt.arena_bytes_per_image = 384
func.func @needed_behind(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %1 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%0, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%1, %w, %0) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %3 = cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%2, %w, %0) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}

// Other columns of a row are computed from what the first would replace.
// CHECK-LABEL: func.func @multiplied_too
// CHECK-SAME: cvt.arena_bytes_per_image = 256
func.func @multiplied_too(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %1 = cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%0, %w, %0) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%1, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  return %2 : tensor<?x4x8xf32>
}

// The input is the caller's.
// CHECK-LABEL: func.func @input
// CHECK-SAME: cvt.arena_bytes_per_image = 128
func.func @input(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %0 = cvt.launch @linear_n8_k8_m4_residual_f32_x86_64_v3(%x, %w, %x) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %1 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%0, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  return %1 : tensor<?x4x8xf32>
}

// The class token is one row of four in its place.
// CHECK-LABEL: func.func @class_token
// CHECK-SAME: cvt.arena_bytes_per_image = 256
func.func @class_token(%x: tensor<?x4x8xf32>, %y: tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %1 = cvt.take_class_token %0 : (tensor<?x4x8xf32>) -> tensor<?x1x8xf32>
  %2 = cvt.launch @linear_n8_k8_m1_residual_f32_x86_64_v3(%y, %w, %1) : (tensor<?x1x8xf32>, tensor<1x8x8xf32>, tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  %3 = cvt.launch @linear_n8_k8_m1_residual_f32_x86_64_v3(%y, %w, %2) : (tensor<?x1x8xf32>, tensor<1x8x8xf32>, tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  return %3 : tensor<?x1x8xf32>
}
