// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 --split-input-file --verify-diagnostics

func.func @forward(%x: tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
    attributes {cvt.outputs = ["a"]} {
  // expected-error @+1 {{has no kernel; run the fuse phase first}}
  %0 = cvt.conv_projection %x, @w norm(@c, @c, @c, @c) kernel 3 stride 1 padding 1 epsilon 1.0e-5
       : (tensor<?x4x4x8xf32>) -> tensor<?x4x4x8xf32>
  return %0 : tensor<?x4x4x8xf32>
}
cvt.weight @w : tensor<8x1x3x3xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @c : tensor<8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>

// -----

// expected-error @+1 {{has no function @forward}}
module {
}

// -----

// expected-error @+1 {{has no body}}
func.func private @forward(tensor<?x4xf32>) -> tensor<?x4xf32>

// -----

// expected-error @+1 {{returns 'index', expected f32 or bf16 tensors of ? images}}
func.func @forward(%i: index) -> index {
  return %i : index
}

// -----

// expected-error @+1 {{returns 'tensor<?xf32>', expected f32 or bf16 tensors}}
func.func @forward(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{returns 'tensor<3x8xf32>', expected f32 or bf16 tensors}}
func.func @forward(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  return %x : tensor<3x8xf32>
}

// -----

// expected-error @+1 {{returns 'tensor<?x8xf64>', expected f32 or bf16 tensors}}
func.func @forward(%x: tensor<?x8xf64>) -> tensor<?x8xf64> {
  return %x : tensor<?x8xf64>
}

// -----

// expected-error @+1 {{returns 'tensor<?x0xf32>', expected f32 or bf16 tensors}}
func.func @forward(%x: tensor<?x0xf32>) -> tensor<?x0xf32> {
  return %x : tensor<?x0xf32>
}

// -----

// expected-error @+1 {{must be one block that ends in func.return}}
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  llvm.unreachable
}

// -----

// expected-error @+1 {{there is a symbol @forward_znver4 already}}
func.func @forward(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
func.func private @forward_znver4()
