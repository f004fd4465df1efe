// Every op, with and without each optional part, prints as it parses, from the
// custom and from the generic form.
// RUN: cvt-opt %s | cvt-opt | FileCheck %s
// RUN: cvt-opt %s --mlir-print-op-generic | cvt-opt | FileCheck %s
// RUN: cvt-opt %s --emit-bytecode | cvt-opt | FileCheck %s

// CHECK: cvt.weight @stored32 : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
cvt.weight @stored32 : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
// CHECK: cvt.weight @stored16 : tensor<8xf32> from #cvt.stored<"a b.bin", offset = 18446744073709551615, dtype = f16>
cvt.weight @stored16 : tensor<8xf32> from #cvt.stored<"a b.bin", offset = 18446744073709551615, dtype = f16>
// CHECK: cvt.weight @storedb16 : tensor<8xf32> from #cvt.stored<"\22", offset = 7, dtype = bf16>
cvt.weight @storedb16 : tensor<8xf32> from #cvt.stored<"\22", offset = 7, dtype = bf16>
// CHECK: cvt.weight @stored64 : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 7, dtype = f64> {cvt.section_offset = 64 : i64}
cvt.weight @stored64 : tensor<8xf32> from #cvt.stored<"model.safetensors", offset = 7, dtype = f64> {cvt.section_offset = 64}
// CHECK: cvt.weight @zeros : tensor<8xf32> from #cvt.random<zeros, seed = 0, std = 0.000000e+00 : f64, tensor = "zeros">
cvt.weight @zeros : tensor<8xf32> from #cvt.random<zeros, seed = 0, std = 0.0, tensor = "zeros">
// CHECK: cvt.weight @ones : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.000000e+00 : f64, tensor = "ones">
cvt.weight @ones : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "ones">
// CHECK: cvt.weight @"with space" : tensor<1x1x8xf32> from #cvt.random<truncated_normal, seed = 18446744073709551615, std = 2.000000e-02 : f64, tensor = "t">
cvt.weight @"with space" : tensor<1x1x8xf32> from #cvt.random<truncated_normal, seed = 18446744073709551615, std = 2.0e-2, tensor = "t">
cvt.weight @conv : tensor<8x3x2x2xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "conv">
cvt.weight @dw : tensor<8x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "dw">
cvt.weight @fc : tensor<12x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "fc">

// CHECK: cvt.prepare @a = fold_bn_weight(@dw, @ones, @ones) epsilon 1.0e-05 : tensor<8x1x3x3xf32>
cvt.prepare @a = fold_bn_weight(@dw, @ones, @ones) epsilon 1.0e-5 : tensor<8x1x3x3xf32>
// CHECK: cvt.prepare @b = fold_bn_bias(@ones, @zeros, @zeros, @ones) epsilon 0.5 : tensor<8xf32>
cvt.prepare @b = fold_bn_bias(@ones, @zeros, @zeros, @ones) epsilon 0.5 : tensor<8xf32>
// CHECK: cvt.prepare @c = pack_panels(@fc) : tensor<2x8x8xf32>
cvt.prepare @c = pack_panels(@fc) : tensor<2x8x8xf32>
// CHECK: cvt.prepare @d = pack_panels_nhwc(@conv) : tensor<2x12x4xf32>
cvt.prepare @d = pack_panels_nhwc(@conv) : tensor<2x12x4xf32>
// CHECK: cvt.prepare @c16 = pack_panels(@fc) : tensor<2x4x8x2xbf16>
cvt.prepare @c16 = pack_panels(@fc) : tensor<2x4x8x2xbf16>
// CHECK: cvt.prepare @c8 = pack_panels(@fc) : tensor<2x2x8x4xsi8>
cvt.prepare @c8 = pack_panels(@fc) : tensor<2x2x8x4xsi8>
// CHECK: cvt.prepare @u8 = pack_panels(@fc) : tensor<2x2x8x4xui8>
cvt.prepare @u8 = pack_panels(@fc) : tensor<2x2x8x4xui8>
// CHECK: cvt.prepare @c16x1 = pack_panels(@fc) : tensor<2x8x8xbf16>
cvt.prepare @c16x1 = pack_panels(@fc) : tensor<2x8x8xbf16>
// CHECK: cvt.prepare @c8x2 = pack_panels(@fc) : tensor<2x4x8x2xsi8>
cvt.prepare @c8x2 = pack_panels(@fc) : tensor<2x4x8x2xsi8>
// CHECK: cvt.prepare @k4 = pad_taps(@conv) : tensor<8x3x2x4xf32>
cvt.prepare @k4 = pad_taps(@conv) : tensor<8x3x2x4xf32>
// CHECK: cvt.prepare @scales = row_scales(@fc) : tensor<16xf32>
cvt.prepare @scales = row_scales(@fc) : tensor<16xf32>
// CHECK: cvt.prepare @sums = row_sums(@fc) : tensor<12xf32>
cvt.prepare @sums = row_sums(@fc) : tensor<12xf32>
// CHECK: cvt.prepare @e = taps_outermost(@a) : tensor<3x3x8xf32>
cvt.prepare @e = taps_outermost(@a) : tensor<3x3x8xf32>
// CHECK: cvt.prepare @f = pad(@b) : tensor<16xf32> {cvt.section_offset = 128 : i64}
cvt.prepare @f = pad(@b) : tensor<16xf32> {cvt.section_offset = 128}

// CHECK: cvt.kernel @kernel flops 12 bytes 34
cvt.kernel @kernel flops 12 bytes 34

// CHECK-LABEL: @convolutions
func.func @convolutions(%nchw: tensor<?x3x9x7xf32>, %nhwc: tensor<?x9x7x3xf32>, %x: tensor<?x4x5x8xf32>) {
  // CHECK: cvt.conv_embed %{{.*}}, @conv bias @ones layout nchw channels 8 kernel 2 stride 2 padding 1 : (tensor<?x3x9x7xf32>) -> tensor<?x5x4x8xf32>
  %0 = cvt.conv_embed %nchw, @conv bias @ones layout nchw channels 8 kernel 2 stride 2 padding 1 : (tensor<?x3x9x7xf32>) -> tensor<?x5x4x8xf32>
  // CHECK: cvt.conv_embed %{{.*}}, @conv layout nhwc channels 8 kernel 2 stride 2 padding 0 {cvt.format = #cvt.format<f32>} : (tensor<?x9x7x3xf32>) -> tensor<?x4x3x8xf32>
  %1 = cvt.conv_embed %nhwc, @conv layout nhwc channels 8 kernel 2 stride 2 padding 0 {cvt.format = #cvt.format<f32>} : (tensor<?x9x7x3xf32>) -> tensor<?x4x3x8xf32>
  // CHECK: cvt.conv_projection %{{.*}}, @dw norm(@ones, @zeros, @zeros, @ones) kernel 3 stride 2 padding 1 epsilon 1.0e-05 : (tensor<?x4x5x8xf32>) -> tensor<?x2x3x8xf32>
  %2 = cvt.conv_projection %x, @dw norm(@ones, @zeros, @zeros, @ones) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x4x5x8xf32>) -> tensor<?x2x3x8xf32>
  // CHECK: cvt.depthwise_conv %{{.*}}, [@dw] biases [@ones] kernel 3 strides [1] paddings [1] : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x8xf32>
  %3 = cvt.depthwise_conv %x, [@dw] biases [@ones] kernel 3 strides [1] paddings [1] : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x8xf32>
  // CHECK: cvt.depthwise_conv %{{.*}}, [@dw, @a, @a] biases [@ones, @b, @b] kernel 3 strides [1, 2, 2] paddings [0, 1, 2] : (tensor<?x4x5x8xf32>) -> (tensor<?x2x3x8xf32>, tensor<?x2x3x8xf32>, tensor<?x3x4x8xf32>)
  %4:3 = cvt.depthwise_conv %x, [@dw, @a, @a] biases [@ones, @b, @b] kernel 3 strides [1, 2, 2] paddings [0, 1, 2] : (tensor<?x4x5x8xf32>) -> (tensor<?x2x3x8xf32>, tensor<?x2x3x8xf32>, tensor<?x3x4x8xf32>)
  // CHECK: cvt.avg_pool %{{.*}} kernel 3 stride 2 padding 1 : (tensor<?x4x5x8xf32>) -> tensor<?x3x3x8xf32>
  %5 = cvt.avg_pool %x kernel 3 stride 2 padding 1 : (tensor<?x4x5x8xf32>) -> tensor<?x3x3x8xf32>
  return
}

// CHECK-LABEL: @layers
func.func @layers(%map: tensor<?x4x5x8xf32>, %tokens: tensor<?x6x8xf32>, %rows: tensor<?x8xf32>, %wide: tensor<?x6x12xf32>) {
  // CHECK: cvt.layer_norm %{{.*}}, @ones, @zeros epsilon 1.0e-05 : tensor<?x4x5x8xf32>
  %0 = cvt.layer_norm %map, @ones, @zeros epsilon 1.0e-5 : tensor<?x4x5x8xf32>
  // CHECK: cvt.layer_norm %{{.*}}, @ones, @zeros epsilon 1.0e-05 : tensor<?x4x5x8xf32> -> tensor<?x4x5x8xbf16>
  %narrow = cvt.layer_norm %map, @ones, @zeros epsilon 1.0e-5 : tensor<?x4x5x8xf32> -> tensor<?x4x5x8xbf16>
  // CHECK: cvt.layer_norm %{{.*}}, @ones, @zeros epsilon 1.0e-05 : tensor<?x8xf32>
  %1 = cvt.layer_norm %rows, @ones, @zeros epsilon 1.0e-5 : tensor<?x8xf32>
  // CHECK: cvt.linear %{{.*}}, @fc features 12 : (tensor<?x8xf32>) -> tensor<?x12xf32>
  %2 = cvt.linear %rows, @fc features 12 : (tensor<?x8xf32>) -> tensor<?x12xf32>
  // CHECK: cvt.linear %{{.*}}, @fc features 12 activation quick_gelu : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x12xf32>
  %3 = cvt.linear %map, @fc features 12 activation quick_gelu : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x12xf32>
  // CHECK: cvt.linear %{{.*}}, @fc bias @fc_bias residual %{{.*}} features 12 activation gelu {cvt.format = #cvt.format<f32>} : (tensor<?x6x8xf32>, tensor<?x6x12xf32>) -> tensor<?x6x12xf32>
  %4 = cvt.linear %tokens, @fc bias @fc_bias residual %wide features 12 activation gelu {cvt.format = #cvt.format<f32>} : (tensor<?x6x8xf32>, tensor<?x6x12xf32>) -> tensor<?x6x12xf32>
  // CHECK: %[[MAP:.*]] = cvt.quantize %{{.*}} : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x16xui8>
  %quantizedMap = cvt.quantize %map : (tensor<?x4x5x8xf32>) -> tensor<?x4x5x16xui8>
  // CHECK: %[[ROWS:.*]] = cvt.quantize %{{.*}} {cvt.format = #cvt.format<f32>} : (tensor<?x8xf32>) -> tensor<?x16xui8>
  %quantizedRows = cvt.quantize %rows {cvt.format = #cvt.format<f32>} : (tensor<?x8xf32>) -> tensor<?x16xui8>
  // CHECK: cvt.linear %[[MAP]], @fc features 12 : (tensor<?x4x5x16xui8>) -> tensor<?x4x5x12xbf16>
  %quantizedLinear = cvt.linear %quantizedMap, @fc features 12 : (tensor<?x4x5x16xui8>) -> tensor<?x4x5x12xbf16>
  // CHECK: cvt.linear %[[ROWS]], @fc features 12 {cvt.format = #cvt.format<i8>} : (tensor<?x16xui8>) -> tensor<?x12xf32>
  %quantizedHead = cvt.linear %quantizedRows, @fc features 12 {cvt.format = #cvt.format<i8>} : (tensor<?x16xui8>) -> tensor<?x12xf32>
  // CHECK: cvt.attention %{{.*}}, %{{.*}}, %{{.*}} heads 2 scale 0.25 : (tensor<?x6x8xf32>, tensor<?x6x8xf32>, tensor<?x6x8xf32>) -> tensor<?x6x8xf32>
  %5 = cvt.attention %tokens, %tokens, %tokens heads 2 scale 0.25 : (tensor<?x6x8xf32>, tensor<?x6x8xf32>, tensor<?x6x8xf32>) -> tensor<?x6x8xf32>
  // CHECK: cvt.gelu %{{.*}} function gelu : tensor<?x6x8xf32>
  %6 = cvt.gelu %tokens function gelu : tensor<?x6x8xf32>
  // CHECK: cvt.gelu %{{.*}} function quick_gelu : tensor<?x8xf32>
  %7 = cvt.gelu %rows function quick_gelu : tensor<?x8xf32>
  // CHECK: cvt.add %{{.*}}, %{{.*}} : tensor<?x6x8xf32>, tensor<?x6x8xf32>
  %8 = cvt.add %tokens, %6 : tensor<?x6x8xf32>, tensor<?x6x8xf32>
  // CHECK: cvt.token_mean %{{.*}} : (tensor<?x6x8xf32>) -> tensor<?x8xf32>
  %9 = cvt.token_mean %tokens : (tensor<?x6x8xf32>) -> tensor<?x8xf32>
  // CHECK: cvt.to_nchw %{{.*}} : (tensor<?x4x5x8xf32>) -> tensor<?x8x4x5xf32>
  %10 = cvt.to_nchw %map : (tensor<?x4x5x8xf32>) -> tensor<?x8x4x5xf32>
  return
}
cvt.weight @fc_bias : tensor<12xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "fc_bias">

// CHECK-LABEL: @tokens
func.func @tokens(%map: tensor<?x4x5x8xf32>, %own: tensor<?x1x8xf32>) {
  // CHECK: cvt.reshape %{{.*}} : tensor<?x4x5x8xf32> -> tensor<?x20x8xf32>
  %0 = cvt.reshape %map : tensor<?x4x5x8xf32> -> tensor<?x20x8xf32>
  // CHECK: cvt.class_token @"with space" channels 8 : tensor<1x1x8xf32>
  %1 = cvt.class_token @"with space" channels 8 : tensor<1x1x8xf32>
  // CHECK: cvt.prepend_class_token %{{.*}}, %{{.*}} : (tensor<1x1x8xf32>, tensor<?x20x8xf32>) -> tensor<?x21x8xf32>
  %2 = cvt.prepend_class_token %1, %0 : (tensor<1x1x8xf32>, tensor<?x20x8xf32>) -> tensor<?x21x8xf32>
  // CHECK: cvt.prepend_class_token %{{.*}}, %{{.*}} : (tensor<?x1x8xf32>, tensor<?x20x8xf32>) -> tensor<?x21x8xf32>
  %3 = cvt.prepend_class_token %own, %0 : (tensor<?x1x8xf32>, tensor<?x20x8xf32>) -> tensor<?x21x8xf32>
  // CHECK: cvt.take_class_token %{{.*}} : (tensor<?x21x8xf32>) -> tensor<?x1x8xf32>
  %4 = cvt.take_class_token %2 : (tensor<?x21x8xf32>) -> tensor<?x1x8xf32>
  // CHECK: cvt.drop_class_token %{{.*}} : (tensor<?x21x8xf32>) -> tensor<?x20x8xf32>
  %5 = cvt.drop_class_token %3 : (tensor<?x21x8xf32>) -> tensor<?x20x8xf32>
  return
}

// CHECK-LABEL: @launches
func.func @launches(%x: tensor<?x8xf32>, %arena: memref<?xi8>, %batch: index) {
  // CHECK: cvt.weight_value @c : tensor<2x8x8xf32>
  %0 = cvt.weight_value @c : tensor<2x8x8xf32>
  // CHECK: cvt.launch @kernel(%{{.*}}, %{{.*}}) : (tensor<?x8xf32>, tensor<2x8x8xf32>) -> (tensor<?x8xf32>, tensor<?x4xf32>)
  %1:2 = cvt.launch @kernel(%x, %0) : (tensor<?x8xf32>, tensor<2x8x8xf32>) -> (tensor<?x8xf32>, tensor<?x4xf32>)
  // CHECK: cvt.view %{{.*}}[%{{.*}}] offset 64 offset_per_image 32 rows 2 : memref<?xi8> to memref<?x8xf32, strided<[16, 1]>>
  %2 = cvt.view %arena[%batch] offset 64 offset_per_image 32 rows 2 : memref<?xi8> to memref<?x8xf32, strided<[16, 1]>>
  // CHECK: cvt.view %{{.*}}[%{{.*}}] offset 0 offset_per_image 0 rows 1 : memref<?xi8> to memref<8xf32>
  %3 = cvt.view %arena[%batch] offset 0 offset_per_image 0 rows 1 : memref<?xi8> to memref<8xf32>
  // CHECK: cvt.launch @kernel(%{{.*}}, %{{.*}}) outs(%{{.*}}, %{{.*}}) : (memref<?x8xf32, strided<[16, 1]>>, memref<8xf32>, memref<?x8xf32, strided<[16, 1]>>, memref<8xf32>) -> ()
  cvt.launch @kernel(%2, %3) outs(%2, %3) : (memref<?x8xf32, strided<[16, 1]>>, memref<8xf32>, memref<?x8xf32, strided<[16, 1]>>, memref<8xf32>) -> ()
  // CHECK: cvt.launch @kernel() outs(%{{.*}}) : (memref<8xf32>) -> ()
  cvt.launch @kernel() outs(%3) : (memref<8xf32>) -> ()
  return
}

// CHECK-LABEL: @forward
// CHECK-SAME: cvt.arena_bytes_per_image = 0 : i64, cvt.outputs = ["a", "b"], cvt.target = "znver4"
func.func @forward(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>)
    attributes {cvt.outputs = ["a", "b"], cvt.target = "znver4", cvt.arena_bytes_per_image = 0} {
  return %x, %x : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK: module attributes {cvt.section_bytes = 4096 : i64}
module attributes {cvt.section_bytes = 4096} {}
