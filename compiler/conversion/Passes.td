//===- Passes.td - Passes that cross a boundary between levels ------------===//

#ifndef CVT_COMPILER_CONVERSION_PASSES
#define CVT_COMPILER_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertCvtToKernels : Pass<"convert-cvt-to-kernels", "::mlir::ModuleOp"> {
  let summary = "Choose a kernel for every op and pack weights for it";
  let description = [{
    Takes a module with `@forward` in graph ops on tensors.  Leaves one function
    for each target, `@forward_TARGET`, in which every graph op is a
    `cvt.launch` of a `cvt.kernel` whose name is its whole specification, and
    every weight a `cvt.weight_value`.  Only token views remain beside launches.
    Copies are launched where a view can not be one: values that are returned
    or prepended but have no buffer of their own, and strided tokens that a
    linear layer would have to read as rows.

    Example: see test/conversion/cvt-to-kernels.mlir.
    ```mlir
    %1 = cvt.linear %0, @w bias @b features 10 : (tensor<?x64xf32>) -> tensor<?x10xf32>
    ```
    becomes
    ```mlir
    cvt.kernel @linear_n10_k64_m1_bias_f32_znver4 flops 1280 bytes 4456
    %w = cvt.weight_value @w.panels16 : tensor<1x64x16xf32>
    %b = cvt.weight_value @b.pad16 : tensor<16xf32>
    %1 = cvt.launch @linear_n10_k64_m1_bias_f32_znver4(%0, %w, %b) : (…) -> tensor<?x10xf32>
    ```
  }];
  let options = [
    ListOption<"targets", "targets", "std::string",
               "CPU targets to choose kernels for, best first">,
  ];
  let statistics = [
    Statistic<"kernelCount", "kernels", "distinct kernels">,
    Statistic<"copyCount", "copies", "copies that views needed">,
  ];
  let dependentDialects = ["::cvt::CvtDialect"];
}

def ConvertCvtToLlvm : Pass<"convert-cvt-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Lower planned functions to the host program";
  let description = [{
    Takes a module after `cvt-plan-memory`.  Leaves LLVM dialect only: for each
    planned function a `cvt_forward_fn` of runtime/include/cvt/abi.h that fills
    `halide_buffer_t`s on its stack and calls the kernels, which are declared as
    external functions, and the query function with the table of targets.

    Example: see test/conversion/cvt-to-llvm.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // CVT_COMPILER_CONVERSION_PASSES
