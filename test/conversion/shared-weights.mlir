// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=x86-64-v3 | FileCheck %s

// Two layouts of one weight are packed in two ways.

// CHECK: cvt.weight_value @[[NCHW:w.panels[0-9]+]] :
// CHECK: cvt.weight_value @[[NHWC:w.panels[0-9]+_.+]] :
// CHECK-DAG: cvt.prepare @[[NCHW]] = pack_panels(@w)
// CHECK-DAG: cvt.prepare @[[NHWC]] = pack_panels_nhwc(@w)
func.func @forward(%x: tensor<?x4x8x8xf32>, %y: tensor<?x8x8x4xf32>) -> (tensor<?x6x6x16xf32>, tensor<?x6x6x16xf32>)
    attributes {cvt.outputs = ["a", "b"]} {
  %0 = cvt.conv_embed %x, @w layout nchw channels 16 kernel 3 stride 1 padding 0 : (tensor<?x4x8x8xf32>) -> tensor<?x6x6x16xf32>
  %1 = cvt.conv_embed %y, @w layout nhwc channels 16 kernel 3 stride 1 padding 0 : (tensor<?x8x8x4xf32>) -> tensor<?x6x6x16xf32>
  return %0, %1 : tensor<?x6x6x16xf32>, tensor<?x6x6x16xf32>
}
cvt.weight @w : tensor<16x4x3x3xf32> from #cvt.random<ones, seed = 1, std = 1.0, tensor = "w">
