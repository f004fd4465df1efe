// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 | FileCheck %s --check-prefix=KERNELS
// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 --cvt-plan-memory | FileCheck %s --check-prefix=MEMORY
// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 --cvt-plan-memory --convert-cvt-to-llvm | FileCheck %s --check-prefix=LLVM

// Kernels are named by what they multiply in, read and write; views, weights
// and offsets count two bytes for a bf16 number.

// KERNELS: func.func @forward_znver4
// MEMORY: cvt.section_bytes = 2368 : i64
// MEMORY: cvt.arena_bytes_per_image = 1024 : i64
func.func @forward(%x: tensor<?x4x64xf32>) -> tensor<?x4x4xf32>
    attributes {cvt.outputs = ["logits"]} {
  // KERNELS: cvt.launch @layer_norm_c64_t4_eps3727c5ac_f32_out_bf16_znver4
  // MEMORY: cvt.view %{{.*}} to memref<?x4x64xbf16>
  %0 = cvt.layer_norm %x, @gamma, @gamma epsilon 1.0e-05 {cvt.format = #cvt.format<f32>} : tensor<?x4x64xf32> -> tensor<?x4x64xbf16>
  // KERNELS: cvt.launch @attention_h1_d64_q4_k4_scale3f000000_bf16_znver4
  %attended = cvt.attention %0, %0, %0 heads 1 scale 0.5 {cvt.format = #cvt.format<bf16>} : (tensor<?x4x64xbf16>, tensor<?x4x64xbf16>, tensor<?x4x64xbf16>) -> tensor<?x4x64xbf16>
  // KERNELS: cvt.weight_value @w.panels16x2.bf16 : tensor<1x32x16x2xbf16>
  // KERNELS: cvt.launch @linear_n1_k64_m4_bf16_out_f32_znver4
  %1 = cvt.linear %attended, @w features 1 {cvt.format = #cvt.format<bf16>} : (tensor<?x4x64xbf16>) -> tensor<?x4x1xf32>
  // KERNELS: cvt.launch @linear_n4_k1_m4_f32_znver4
  %2 = cvt.linear %1, @v features 4 {cvt.format = #cvt.format<f32>} : (tensor<?x4x1xf32>) -> tensor<?x4x4xf32>
  return %2 : tensor<?x4x4xf32>
}
// LLVM: llvm.mlir.constant(69635 : i32)
cvt.weight @gamma : tensor<64xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @w : tensor<1x64xf32> from #cvt.stored<"m", offset = 256, dtype = f32>
cvt.weight @v : tensor<4x1xf32> from #cvt.stored<"m", offset = 512, dtype = f32>
// KERNELS: cvt.prepare @w.panels16x2.bf16 = pack_panels(@w) : tensor<1x32x16x2xbf16>
