// RUN: cvt-opt %s --convert-cvt-to-llvm | FileCheck %s

// CHECK-NOT: cvt.
// CHECK: llvm.func internal @cvt_forward_x86_64_v3(%[[CONTEXT:[a-z0-9]+]]: !llvm.ptr, {{.*}}: i64) -> i32
// CHECK: llvm.call @fill_view_0
// CHECK: %[[STATUS:.*]] = llvm.call @copy_c8_t1_f32_x86_64_v3(%[[CONTEXT]],
// CHECK: llvm.cond_br
// CHECK: llvm.func internal @fill_view_0({{.*}}) attributes {no_inline}
// CHECK: llvm.func @copy_c8_t1_f32_x86_64_v3(!llvm.ptr, !llvm.ptr, !llvm.ptr) -> i32
// CHECK: llvm.mlir.global internal constant @forward_table
// CHECK: llvm.func @cvt_program_query_v1() -> !llvm.ptr
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32>
  %1 = cvt.view %y[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32>
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%1) : (memref<?x1x8xf32>, memref<?x1x8xf32>) -> ()
  return
}
