// RUN: not cvt-opt %s --cvt-assign-formats=format=f13 2>&1 | FileCheck %s
// CHECK: Cannot find option named 'f13'

// Formats say how values are stored, so they are not changed.
// RUN: cvt-opt %s --cvt-assign-formats=format=i8 --verify-diagnostics
func.func @f(%0: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{has a number format already}}
  %1 = cvt.gelu %0 function gelu {cvt.format = #cvt.format<f32>} : tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
