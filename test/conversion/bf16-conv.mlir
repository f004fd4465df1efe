// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 | FileCheck %s

// A convolution of pictures in bf16 takes pairs of neighbours in a row: three are
// four, with zeros.

// CHECK: func.func @forward_znver4
func.func @forward(%x: tensor<?x3x5x5xf32>) -> tensor<?x3x3x4xf32>
    attributes {cvt.outputs = ["hidden_states"]} {
  // CHECK: %[[W:.*]] = cvt.weight_value @w.taps4.panels16x2.bf16 : tensor<1x18x16x2xbf16>
  // CHECK: cvt.launch @conv_nchw_c3_h5_w5_n4_k3_s2_p1_bf16_in_f32_out_f32_znver4(%{{.*}}, %[[W]]) : (tensor<?x3x5x5xf32>, tensor<1x18x16x2xbf16>) -> tensor<?x3x3x4xf32>
  %0 = cvt.conv_embed %x, @w layout nchw channels 4 kernel 3 stride 2 padding 1 {cvt.format = #cvt.format<bf16>} : (tensor<?x3x5x5xf32>) -> tensor<?x3x3x4xf32>
  return %0 : tensor<?x3x3x4xf32>
}
cvt.weight @w : tensor<4x3x3x3xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
// CHECK: cvt.prepare @w.taps4 = pad_taps(@w) : tensor<4x3x3x4xf32>
// CHECK: cvt.prepare @w.taps4.panels16x2.bf16 = pack_panels(@w.taps4) : tensor<1x18x16x2xbf16>
