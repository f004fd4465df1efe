// RUN: cvt-opt %s --cvt-plan-memory | FileCheck %s

// Only weights that this module's functions use have a place, whatever they had
// before.
// CHECK: module attributes {cvt.section_bytes = 32 : i64}
// CHECK: cvt.weight @g {{.*}} {cvt.section_offset = 0 : i64}
// CHECK: module {
// CHECK-NEXT: cvt.weight @g : tensor<8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>{{$}}
cvt.weight @g : tensor<8xf32> from #cvt.stored<"m", offset = 0, dtype = f32> {cvt.section_offset = 12 : i64}
cvt.kernel @layer_norm_c8_t1_eps3727c5ac_f32_x86_64_v3 flops 1 bytes 1

func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {cvt.outputs = ["y"]} {
  %g = cvt.weight_value @g : tensor<8xf32>
  %0 = cvt.launch @layer_norm_c8_t1_eps3727c5ac_f32_x86_64_v3(%x, %g, %g) : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

module {
  cvt.weight @g : tensor<8xf32> from #cvt.stored<"m", offset = 0, dtype = f32>
  func.func @f() {
    %0 = cvt.weight_value @g : tensor<8xf32>
    return
  }
}
