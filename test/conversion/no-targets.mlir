// RUN: cvt-opt %s --convert-cvt-to-kernels --verify-diagnostics

// expected-error @+1 {{targets names no CPU target to have kernels for}}
func.func @forward(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {cvt.outputs = ["a"]} {
  %0 = cvt.gelu %x function gelu : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
