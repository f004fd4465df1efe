// RUN: cvt-opt %s --cvt-plan-memory=max-batch=4 --split-input-file --verify-diagnostics

// A value with two places to be: what CSE makes of two copies.
cvt.kernel @copy_c8_t1_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x1x8xf32>) -> (tensor<?x1x8xf32>, tensor<?x1x8xf32>)
    attributes {cvt.outputs = ["a", "b"], cvt.target = "x86-64-v3"} {
  %0 = cvt.launch @copy_c8_t1_f32_x86_64_v3(%x) : (tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  // expected-error @+1 {{needs a value of its own for each operand}}
  return %0, %0 : tensor<?x1x8xf32>, tensor<?x1x8xf32>
}

// -----

cvt.kernel @copy_c32768_t32768_f32_x86_64_v3 flops 1 bytes 1
// expected-error @+1 {{too large for batches of 4}}
func.func @forward_x86_64_v3(%x: tensor<?x32768x32768xf32>) -> tensor<?x32768x32768xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %0 = cvt.launch @copy_c32768_t32768_f32_x86_64_v3(%x) : (tensor<?x32768x32768xf32>) -> tensor<?x32768x32768xf32>
  return %0 : tensor<?x32768x32768xf32>
}

// -----

cvt.kernel @unheard_of flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  // expected-error @+1 {{whose name is not the specification of a kernel}}
  %0 = cvt.launch @unheard_of(%x) : (tensor<?x1x8xf32>) -> tensor<?x1x8xf32>
  return %0 : tensor<?x1x8xf32>
}

// -----

// expected-error @+1 {{has no body of one block}}
func.func private @elsewhere(tensor<?x1x8xf32>) -> tensor<?x1x8xf32>

// -----

// expected-error @+1 {{takes or returns 'index', expected tensors only}}
func.func @forward_x86_64_v3(%i: index) attributes {cvt.outputs = [], cvt.target = "x86-64-v3"} {
  return
}

// -----

cvt.kernel @copy_c8_t4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %0 = cvt.launch @copy_c8_t4_f32_x86_64_v3(%x) : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  // expected-error @+1 {{is not planned; run the kernels phase first}}
  %1 = cvt.gelu %0 function gelu : tensor<?x4x8xf32>
  %2 = cvt.launch @copy_c8_t4_f32_x86_64_v3(%1) : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %2 : tensor<?x4x8xf32>
}

// -----

cvt.kernel @copy_c8_t4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x4x8xbf16>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  // expected-error @+1 {{has 'tensor<?x4x8xbf16>' where its kernel takes 32 'f32' as 'in'}}
  %0 = cvt.launch @copy_c8_t4_f32_x86_64_v3(%x) : (tensor<?x4x8xbf16>) -> tensor<?x4x8xf32>
  return %0 : tensor<?x4x8xf32>
}

// -----

cvt.kernel @copy_c8_t4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x4x8xf32>) -> tensor<?x3x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  // expected-error @+1 {{has 'tensor<?x3x8xf32>' where its kernel takes 32 'f32' as 'out'}}
  %0 = cvt.launch @copy_c8_t4_f32_x86_64_v3(%x) : (tensor<?x4x8xf32>) -> tensor<?x3x8xf32>
  return %0 : tensor<?x3x8xf32>
}

// -----

cvt.weight @w : tensor<1x8x4xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.kernel @linear_n8_k8_m4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x4xf32>
  // expected-error @+1 {{has 'tensor<1x8x4xf32>' where its kernel takes 64 'f32' as 'w'}}
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x4xf32>) -> tensor<?x4x8xf32>
  return %0 : tensor<?x4x8xf32>
}

// -----

cvt.weight @w : tensor<1x8x8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.kernel @linear_n8_k8_m4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x4x8xf32>) -> tensor<?x3x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  // expected-error @+1 {{has operands of 4 and of 3 rows an image}}
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%x, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x3x8xf32>
  return %0 : tensor<?x3x8xf32>
}

// -----

// Of two images, 4 rows lie behind one class token each.
cvt.weight @w : tensor<1x8x8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.kernel @linear_n8_k8_m4_f32_x86_64_v3 flops 1 bytes 1
func.func @forward_x86_64_v3(%x: tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
    attributes {cvt.outputs = ["a"], cvt.target = "x86-64-v3"} {
  %w = cvt.weight_value @w : tensor<1x8x8xf32>
  %rest = cvt.drop_class_token %x : (tensor<?x5x8xf32>) -> tensor<?x4x8xf32>
  // expected-error @+1 {{takes 'a' of all images as rows one after the other, but 'tensor<?x4x8xf32>' is a part of each image's}}
  %0 = cvt.launch @linear_n8_k8_m4_f32_x86_64_v3(%rest, %w) : (tensor<?x4x8xf32>, tensor<1x8x8xf32>) -> tensor<?x4x8xf32>
  return %0 : tensor<?x4x8xf32>
}
