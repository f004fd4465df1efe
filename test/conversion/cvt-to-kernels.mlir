// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 | FileCheck %s

// Weights that are padded and packed become prepare symbols; ops become
// launches of kernels whose names are their specification.

// CHECK-NOT: func.func @forward(
// CHECK: func.func @forward_znver4(%[[X:.*]]: tensor<?x5x64xf32>)
// CHECK-SAME: cvt.target = "znver4"
func.func @forward(%x: tensor<?x5x64xf32>) -> tensor<?x1x10xf32>
    attributes {cvt.outputs = ["logits"]} {
  // A class token is a window on its tokens: no launch.
  // CHECK-NEXT: %[[CLS:.*]] = cvt.take_class_token %[[X]]
  %0 = cvt.take_class_token %x : (tensor<?x5x64xf32>) -> tensor<?x1x64xf32>
  // CHECK-NEXT: %[[W:.*]] = cvt.weight_value @w.panels16 : tensor<1x64x16xf32>
  // CHECK-NEXT: %[[B:.*]] = cvt.weight_value @b.pad16 : tensor<16xf32>
  // CHECK-NEXT: %[[Y:.*]] = cvt.launch @linear_n10_k64_m1_bias_gelu_f32_znver4(%[[CLS]], %[[W]], %[[B]])
  %1 = cvt.linear %0, @w bias @b features 10 activation gelu
       : (tensor<?x1x64xf32>) -> tensor<?x1x10xf32>
  // CHECK-NEXT: return %[[Y]]
  return %1 : tensor<?x1x10xf32>
}
cvt.weight @w : tensor<10x64xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @b : tensor<10xf32> from #cvt.stored<"m", offset = 2560, dtype = f32>
// CHECK: cvt.prepare @w.panels16 = pack_panels(@w)
// CHECK: cvt.prepare @b.pad16 = pad(@b)
// CHECK: cvt.kernel @linear_n10_k64_m1_bias_gelu_f32_znver4
