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
