// RUN: cvt-opt %s --cvt-plan-memory=max-batch=4 | FileCheck %s

// %0 dies when %1 is made, so %2 takes its place in the arena; the result is
// written straight into the caller's output.  Rows of all images are one
// extent for a linear kernel.

// CHECK: module attributes {cvt.section_bytes = 256 : i64}
// CHECK: cvt.weight @w {{.*}}cvt.section_offset = 0
cvt.weight @w : tensor<1x8x8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.kernel @linear_n8_k8_m4_f32_x86_64_v3 flops 1 bytes 1

// CHECK: func.func @forward_x86_64_v3(%[[ARENA:.*]]: memref<?xi8>, %[[W:.*]]: memref<?xi8>, %[[IN:.*]]: memref<?x4x8xf32>, %[[OUT:.*]]: memref<?x4x8xf32>, %[[B:.*]]: index)
// CHECK-SAME: cvt.arena_bytes_per_image = 256
func.func @forward_x86_64_v3(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  // CHECK: cvt.view %[[IN]][%[[B]]] offset 0 offset_per_image 0 rows 4 : {{.*}} to memref<?x8xf32>
  // CHECK: cvt.view %[[W]][%[[B]]] offset 0 offset_per_image 0 rows 1 : {{.*}} to memref<1x8x8xf32>
  // CHECK: cvt.view %[[ARENA]][%[[B]]] offset 0 offset_per_image 0 rows 4
  // CHECK: cvt.launch @linear_n8_k8_m4_f32_x86_64_v3({{.*}}) outs({{.*}})
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: cvt.view %[[ARENA]][%[[B]]] offset 0 offset_per_image 128 rows 4
  %1 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%0, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  %2 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%1, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  // CHECK: cvt.view %[[OUT]][%[[B]]] offset 0 offset_per_image 0 rows 4
  %3 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%2, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  return %3 : tensor<?x4x8xf32>
}
