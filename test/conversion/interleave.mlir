// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4,icelake,x86-64-v4,x86-64-v3 | FileCheck %s

// Panels hold side by side what a target multiplies in one lane: znver4 four bytes
// or two bf16, icelake four bytes only; otherwise it is two bytes as 16-bit numbers,
// or one bf16 as f32.

// CHECK: func.func @forward_znver4
// CHECK-DAG: cvt.weight_value @w.panels16x4.i8 : tensor<1x2x16x4xsi8>
// CHECK-DAG: cvt.weight_value @w.panels16x2.bf16 : tensor<1x4x16x2xbf16>
// CHECK-DAG: cvt.weight_value @conv.taps4.panels16x2.bf16 : tensor<1x6x16x2xbf16>
// CHECK: func.func @forward_icelake
// CHECK-DAG: cvt.weight_value @w.panels16x4.i8 : tensor<1x2x16x4xsi8>
// CHECK-DAG: cvt.weight_value @w.panels16.bf16 : tensor<1x8x16xbf16>
// CHECK-DAG: cvt.weight_value @conv.panels16.bf16 : tensor<1x9x16xbf16>
// CHECK: func.func @forward_x86_64_v4
// CHECK-DAG: cvt.weight_value @w.panels16x2.i8 : tensor<1x4x16x2xsi8>
// CHECK-DAG: cvt.weight_value @w.panels16.bf16 : tensor<1x8x16xbf16>
// CHECK-DAG: cvt.weight_value @conv.panels16.bf16 : tensor<1x9x16xbf16>
// CHECK: func.func @forward_x86_64_v3
// CHECK-DAG: cvt.weight_value @w.panels8x2.i8 : tensor<1x4x8x2xsi8>
// CHECK-DAG: cvt.weight_value @w.panels8.bf16 : tensor<1x8x8xbf16>
// CHECK-DAG: cvt.weight_value @conv.panels8.bf16 : tensor<1x9x8xbf16>
func.func @forward(%x: tensor<?x1x6x6xf32>, %bytes: tensor<?x4x16xui8>, %pairs: tensor<?x4x8xbf16>) -> (tensor<?x4x4x2xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>)
    attributes {cvt.outputs = ["a", "b", "c"]} {
  %0 = cvt.conv_embed %x, @conv layout nchw channels 2 kernel 3 stride 1 padding 0 {cvt.format = #cvt.format<bf16>} : (tensor<?x1x6x6xf32>) -> tensor<?x4x4x2xf32>
  %1 = cvt.linear %bytes, @w features 8 {cvt.format = #cvt.format<i8>} : (tensor<?x4x16xui8>) -> tensor<?x4x8xf32>
  %2 = cvt.linear %pairs, @w features 8 {cvt.format = #cvt.format<bf16>} : (tensor<?x4x8xbf16>) -> tensor<?x4x8xf32>
  return %0, %1, %2 : tensor<?x4x4x2xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>
}
cvt.weight @conv : tensor<2x1x3x3xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @w : tensor<8x8xf32> from #cvt.stored<"m", offset = 128, dtype = f32>
