// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 | FileCheck %s

// A convolution in 8 bits reads f32 and weights without sign.

// CHECK: func.func @forward_znver4
func.func @forward(%x: tensor<?x5x5x8xf32>) -> tensor<?x3x3x4xf32>
    attributes {cvt.outputs = ["hidden_states"]} {
  // CHECK: %[[W:.*]] = cvt.weight_value @w.panels16x4.u8 : tensor<1x18x16x4xui8>
  // CHECK: %[[SCALES:.*]] = cvt.weight_value @w.row_scales16 : tensor<16xf32>
  // CHECK: %[[B:.*]] = cvt.weight_value @b.pad16
  // CHECK: cvt.launch @conv_nhwc_c8_h5_w5_n4_k3_s2_p1_bias_i8_in_f32_znver4(%{{.*}}, %[[W]], %[[SCALES]], %[[B]]) : (tensor<?x5x5x8xf32>, tensor<1x18x16x4xui8>, tensor<16xf32>, tensor<16xf32>) -> tensor<?x3x3x4xf32>
  %0 = cvt.conv_embed %x, @w bias @b layout nhwc channels 4 kernel 3 stride 2 padding 1 {cvt.format = #cvt.format<i8>} : (tensor<?x5x5x8xf32>) -> tensor<?x3x3x4xf32>
  return %0 : tensor<?x3x3x4xf32>
}
cvt.weight @w : tensor<4x8x3x3xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @b : tensor<4xf32> from #cvt.stored<"m", offset = 1152, dtype = f32>
// CHECK: cvt.prepare @w.panels16x4.u8 = pack_panels_nhwc(@w) : tensor<1x18x16x4xui8>
// CHECK: cvt.prepare @w.row_scales16 = row_scales(@w) : tensor<16xf32>
