// RUN: cvt-opt %s --convert-cvt-to-llvm --split-input-file --verify-diagnostics

// expected-error @+1 {{is not planned; run cvt-plan-memory first}}
func.func @forward_x86_64_v3(%x: tensor<?x1x8xf32>) -> tensor<?x1x8xf32> attributes {cvt.outputs = ["a"]} {
  return %x : tensor<?x1x8xf32>
}

// -----

// expected-error @+1 {{is not planned; run cvt-plan-memory first}}
func.func private @forward_x86_64_v3(memref<?xi8>, memref<?xi8>, memref<?x1x8xf32>, memref<?x1x8xf32>, index)
    attributes {cvt.outputs = ["a"], cvt.arena_bytes_per_image = 0 : i64}

// -----

// What it does not lower would be lost.
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{is not planned; run cvt-plan-memory first}}
  memref.copy %x, %y : memref<?x1x8xf32> to memref<?x1x8xf32>
  return
}

// -----

cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{operands must be views}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%x) outs(%y) : (memref<?x1x8xf32>, memref<?x1x8xf32>) -> ()
  return
}

// -----

func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %images: index, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{must be of an argument of its function, and of the batch that is its last argument}}
  %0 = cvt.view %x[%images] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32>
  return
}

// -----

func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{must have at most 4 dimensions, extents and strides of 32 bits, and elements that kernels have}}
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xi32>
  return
}

// -----

func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{must have at most 4 dimensions, extents and strides of 32 bits, and elements that kernels have}}
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x1x1x8xf32>
  return
}

// -----

func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  // expected-error @+1 {{must have at most 4 dimensions, extents and strides of 32 bits, and elements that kernels have}}
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32, strided<[4294967296, 8, 1]>>
  return
}

// -----

// Kernels could have the names of functions that are made here.
cvt.kernel @fill_view_0 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32>
  // expected-error @+1 {{refers to @fill_view_0, whose name is not the specification of a kernel}}
  cvt.launch @fill_view_0(%0) outs(%0) : (memref<?x1x8xf32>, memref<?x1x8xf32>) -> ()
  return
}

// -----

// One argument too many.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32>
  // expected-error @+1 {{has 3 operands, its kernel takes 2}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0, %0) outs(%0) : (memref<?x1x8xf32>, memref<?x1x8xf32>, memref<?x1x8xf32>) -> ()
  return
}

// -----

// An extent.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x4xf32>
  // expected-error @+1 {{has 'memref<?x1x4xf32>', which its kernel does not take as 'in'}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%0) : (memref<?x1x4xf32>, memref<?x1x4xf32>) -> ()
  return
}

// -----

// The batch.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<4x1x8xf32>
  // expected-error @+1 {{has 'memref<4x1x8xf32>', which its kernel does not take as 'in'}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%0) : (memref<4x1x8xf32>, memref<4x1x8xf32>) -> ()
  return
}

// -----

// The rank.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x8xf32>
  // expected-error @+1 {{has 'memref<?x8xf32>', which its kernel does not take as 'in'}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%0) : (memref<?x8xf32>, memref<?x8xf32>) -> ()
  return
}

// -----

// The elements.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xbf16>
  // expected-error @+1 {{has 'memref<?x1x8xbf16>', which its kernel does not take as 'in'}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%0) : (memref<?x1x8xbf16>, memref<?x1x8xbf16>) -> ()
  return
}

// -----

// Strides that the kernel takes for granted.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  %0 = cvt.view %x[%batch] offset 0 offset_per_image 0 rows 1 : memref<?x1x8xf32> to memref<?x1x8xf32, strided<[8, 8, 2]>>
  // expected-error @+1 {{has 'memref<?x1x8xf32, strided<[8, 8, 2]>>', which its kernel does not take as 'in'}}
  cvt.launch @copy_c8_t1_f32_x86_64_v3(%0) outs(%0) : (memref<?x1x8xf32, strided<[8, 8, 2]>>, memref<?x1x8xf32, strided<[8, 8, 2]>>) -> ()
  return
}

// -----

// The second time there is nothing to lower.
// expected-error @+1 {{has no function; run cvt-plan-memory first}}
module {
  llvm.func @cvt_program_query_v1() -> !llvm.ptr
}

// -----

func.func @forward_x86_64_v3(%arena: memref<?xi8>, %weights: memref<?xi8>, %x: memref<?x1x8xf32>, %y: memref<?x1x8xf32>, %batch: index)
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3", cvt.arena_bytes_per_image = 0 : i64} {
  return
}
// expected-error @+1 {{is nothing that cvt-plan-memory leaves}}
llvm.func @cvt_program_query_v1() -> !llvm.ptr
