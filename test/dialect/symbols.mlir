// Symbols belong to their module: those that neither an op nor a used symbol
// refers to go away, equal uses are merged.
// RUN: cvt-opt %s --symbol-dce --cse | FileCheck %s

// CHECK-NOT: @unused
// CHECK: cvt.weight @used
// CHECK-NOT: @unused
// CHECK: cvt.weight @source
// CHECK: cvt.prepare @padded = pad(@source)
// CHECK-NOT: @unused
// CHECK: cvt.kernel @kernel
// CHECK-NOT: @unused
cvt.weight @unused : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
cvt.weight @used : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 32, dtype = f32>
cvt.weight @unused_source : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 64, dtype = f32>
cvt.prepare @unused_padded = pad(@unused_source) : tensor<16xf32>
cvt.weight @source : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 96, dtype = f32>
cvt.prepare @padded = pad(@source) : tensor<16xf32>
cvt.kernel @unused_kernel flops 1 bytes 1
cvt.kernel @kernel flops 1 bytes 1

// CHECK-LABEL: @forward
// CHECK: cvt.layer_norm %{{.*}}, @used, @used
// CHECK: %[[W:.*]] = cvt.weight_value @padded
// CHECK-NOT: cvt.weight_value
// CHECK: %[[Y:.*]] = cvt.launch @kernel(%{{.*}}, %[[W]])
// CHECK-NOT: cvt.launch
// CHECK: return %[[Y]], %[[Y]]
func.func @forward(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = cvt.layer_norm %x, @used, @used epsilon 1.0e-5 : tensor<?x8xf32>
  %w = cvt.weight_value @padded : tensor<16xf32>
  %v = cvt.weight_value @padded : tensor<16xf32>
  %1 = cvt.launch @kernel(%0, %w) : (tensor<?x8xf32>, tensor<16xf32>) -> tensor<?x8xf32>
  %2 = cvt.launch @kernel(%0, %v) : (tensor<?x8xf32>, tensor<16xf32>) -> tensor<?x8xf32>
  return %1, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// Names are looked up in the nearest module.
// CHECK-LABEL: module @inner
module @inner {
  // CHECK: cvt.weight @used : tensor<4xf32>
  cvt.weight @used : tensor<4xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  func.func @forward(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = cvt.layer_norm %x, @used, @used epsilon 1.0e-5 : tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// Launches that write memory stay, even without results.
// CHECK-LABEL: @launch_with_outputs
// CHECK-COUNT-2: cvt.launch @kernel
func.func @launch_with_outputs(%a: memref<?x8xf32>, %b: memref<?x8xf32>) {
  cvt.launch @kernel(%a) outs(%b) : (memref<?x8xf32>, memref<?x8xf32>) -> ()
  cvt.launch @kernel(%a) outs(%b) : (memref<?x8xf32>, memref<?x8xf32>) -> ()
  return
}
