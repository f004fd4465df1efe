// Every labelled constraint of launches and what they work on.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

// weight_value (C1)
cvt.weight @w : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @weight_value() {
  // expected-error@+1 {{weight @w is 'tensor<4xf32>', not 'tensor<2x2xf32>'}}
  %0 = cvt.weight_value @w : tensor<2x2xf32>
  return
}

// -----

// weight_value (C1)
func.func @no_weight() {
  // expected-error@+1 {{refers to @w, which is not a weight of this module}}
  %0 = cvt.weight_value @w : tensor<2x2xf32>
  return
}

// -----

// launch (C1)
cvt.weight @w : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @not_a_kernel(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{refers to @w, which is not a kernel of this module}}
  %1 = cvt.launch @w(%0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// launch (C2)
cvt.kernel @kernel flops 1 bytes 1
func.func @memref_without_outputs(%0: memref<?x4xf32>) {
  // expected-error@+1 {{without outputs takes tensors only}}
  %1 = cvt.launch @kernel(%0) : (memref<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// launch (C2)
cvt.kernel @kernel flops 1 bytes 1
func.func @no_result(%0: tensor<?x4xf32>) {
  // expected-error@+1 {{on tensors needs a result}}
  cvt.launch @kernel(%0) : (tensor<?x4xf32>) -> ()
  return
}

// -----

// launch (C2)
cvt.kernel @kernel flops 1 bytes 1
func.func @mixed(%0: tensor<?x4xf32>, %1: memref<?x4xf32>) {
  // expected-error@+1 {{with outputs takes memrefs only}}
  cvt.launch @kernel(%0) outs(%1) : (tensor<?x4xf32>, memref<?x4xf32>) -> ()
  return
}

// -----

// launch (C2)
cvt.kernel @kernel flops 1 bytes 1
func.func @outputs_and_results(%0: memref<?x4xf32>) {
  // expected-error@+1 {{with outputs has no results}}
  %1 = cvt.launch @kernel(%0) outs(%0) : (memref<?x4xf32>, memref<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// view (C1)
func.func @offset(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{offsets must not be negative}}
  %0 = cvt.view %arena[%batch] offset -1 offset_per_image 0 rows 1 : memref<?xi8> to memref<?x8xf32>
  return
}

// -----

// view (C1)
func.func @offset_per_image(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{offsets must not be negative}}
  %0 = cvt.view %arena[%batch] offset 0 offset_per_image -4 rows 1 : memref<?xi8> to memref<?x8xf32>
  return
}

// -----

// view (C1)
func.func @rows(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{rows must be at least 1}}
  %0 = cvt.view %arena[%batch] offset 0 offset_per_image 4 rows 0 : memref<?xi8> to memref<?x8xf32>
  return
}

// -----

// view (C2)
func.func @inner_extent(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{only the outermost extent may be dynamic}}
  %0 = cvt.view %arena[%batch] offset 0 offset_per_image 4 rows 1 : memref<?xi8> to memref<8x?xf32>
  return
}

// -----

// view (C2)
func.func @dynamic_stride(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{needs static strides and offset 0}}
  %0 = cvt.view %arena[%batch] offset 0 offset_per_image 4 rows 1 : memref<?xi8> to memref<?x8xf32, strided<[?, 1]>>
  return
}

// -----

// view: the offset is an attribute, not part of the type.
func.func @type_offset(%arena: memref<?xi8>, %batch: index) {
  // expected-error@+1 {{needs static strides and offset 0}}
  %0 = cvt.view %arena[%batch] offset 0 offset_per_image 4 rows 1 : memref<?xi8> to memref<?x8xf32, strided<[8, 1], offset: 4>>
  return
}
