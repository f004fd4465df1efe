// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 | FileCheck %s --check-prefix=KERNELS
// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 --cvt-plan-memory | FileCheck %s --check-prefix=MEMORY
// RUN: cvt-opt %s --convert-cvt-to-kernels=targets=znver4 --cvt-plan-memory --convert-cvt-to-llvm | FileCheck %s --check-prefix=LLVM

// Quantized tokens behind a class token need no copy: quantize reads rows with
// gaps and writes them without.  Elements of 8 bits count one byte.

// KERNELS: func.func @forward_znver4
// KERNELS-NOT: @copy_
// MEMORY: cvt.section_bytes = 1344 : i64
// MEMORY: cvt.arena_bytes_per_image = 384 : i64
func.func @forward(%x: tensor<?x5x64xf32>) -> tensor<?x4x1xf32>
    attributes {cvt.outputs = ["logits"]} {
  %0 = cvt.drop_class_token %x : (tensor<?x5x64xf32>) -> tensor<?x4x64xf32>
  // KERNELS: %[[Q:.*]] = cvt.launch @quantize_c64_t4_f32_out_u8_znver4(%{{.*}}) : (tensor<?x4x64xf32>) -> tensor<?x4x72xui8>
  // MEMORY: cvt.view %{{.*}} offset 256 {{.*}} to memref<?x4x64xf32, strided<[320, 64, 1]>>
  // MEMORY: cvt.view %{{.*}} to memref<?x4x72xui8>
  %1 = cvt.quantize %0 {cvt.format = #cvt.format<f32>} : (tensor<?x4x64xf32>) -> tensor<?x4x72xui8>
  // KERNELS: %[[W:.*]] = cvt.weight_value @w.panels16x4.i8 : tensor<1x16x16x4xsi8>
  // KERNELS: %[[SCALES:.*]] = cvt.weight_value @w.row_scales16 : tensor<16xf32>
  // KERNELS: %[[SUMS:.*]] = cvt.weight_value @w.row_sums16 : tensor<16xf32>
  // KERNELS: %[[B:.*]] = cvt.weight_value @b.pad16
  // KERNELS: cvt.launch @linear_n1_k64_m4_bias_i8_znver4(%[[Q]], %[[W]], %[[SCALES]], %[[SUMS]], %[[B]])
  // MEMORY: cvt.view %{{.*}} rows 4 : memref<?xi8> to memref<?x72xui8>
  // MEMORY: to memref<1x16x16x4xsi8>
  // MEMORY: to memref<16xf32>
  %2 = cvt.linear %1, @w bias @b features 1 {cvt.format = #cvt.format<i8>} : (tensor<?x4x72xui8>) -> tensor<?x4x1xf32>
  return %2 : tensor<?x4x1xf32>
}
// halide_type_t of u8 and i8.
// LLVM-DAG: llvm.mlir.constant(67585 : i32)
// LLVM-DAG: llvm.mlir.constant(67584 : i32)
cvt.weight @w : tensor<1x64xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
cvt.weight @b : tensor<1xf32> from #cvt.stored<"m", offset = 256, dtype = f32>
// KERNELS: cvt.prepare @w.panels16x4.i8 = pack_panels(@w) : tensor<1x16x16x4xsi8>
// KERNELS: cvt.prepare @w.row_scales16 = row_scales(@w) : tensor<16xf32>
// KERNELS: cvt.prepare @w.row_sums16 = row_sums(@w) : tensor<16xf32>
