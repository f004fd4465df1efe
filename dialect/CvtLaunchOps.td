//===- CvtLaunchOps.td - Kernel launches and the memory they work on ------===//

#ifndef CVT_LAUNCH_OPS
#define CVT_LAUNCH_OPS

def Cvt_WeightValueOp : Cvt_Op<"weight_value", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A prepared weight as the operand of a launch";
  let description = [{
    Constraints:
    - (C1) `weight` is a `cvt.weight` or `cvt.prepare` of the result's type.

    Example:
    ```mlir
    %0 = cvt.weight_value @fc1.panels : tensor<24x384x64xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs Cvt_PreparedWeight:$value);
  let assemblyFormat = "$weight attr-dict `:` type($value)";
}

def Cvt_LaunchOp : Cvt_Op<"launch", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Calls a kernel";
  let description = [{
    On tensors the launch is pure: it takes `inputs` and returns results.  After
    memory planning it has no results: inputs and outputs are views, and the
    kernel writes the last `outputs`.

    Constraints:
    - (C1) `kernel` is a `cvt.kernel` of the module;
    - (C2) either all operands are tensors and there are no `outputs`, or all are
      memrefs, there are no results and at least one output.

    Example:
    ```mlir
    %1 = cvt.launch @layer_norm_c384(%0, %gamma, %beta) : (tensor<?x197x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x197x384xf32>
    cvt.launch @layer_norm_c384(%a, %g, %b) outs(%c) : (memref<?x197x384xf32>, memref<384xf32>, memref<384xf32>, memref<?x197x384xf32>) -> ()
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
                       Variadic<AnyTypeOf<[AnyRankedTensor, AnyMemRef]>>:$inputs,
                       Variadic<AnyMemRef>:$outputs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`outs` `(` $outputs^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Cvt_ViewOp : Cvt_Op<"view", [Pure]> {
  let summary = "A typed window on the arena, the weights, an input or an output";
  let description = [{
    The window begins at byte `offset + offset_per_image * batch` of `base`.
    Its outermost extent, where dynamic, is `batch * rows`; everything else is
    in the type, whose layout must be a strided one with offset 0.

    Constraints:
    - (C1) offsets are not negative, `rows` ≥ 1;
    - (C2) only the outermost extent may be dynamic; strides are static.

    Example:
    ```mlir
    %0 = cvt.view %arena[%batch] offset 1536 offset_per_image 302592 rows 1
           : memref<?xi8> to memref<?x14x14x384xf32, strided<[75648, 5376, 384, 1]>>
    ```
  }];
  let arguments = (ins AnyMemRef:$base, Index:$batch, I64Attr:$offset,
                       I64Attr:$offset_per_image, I64Attr:$rows);
  let results = (outs AnyMemRef:$result);
  let assemblyFormat = [{
    $base `[` $batch `]` `offset` $offset `offset_per_image` $offset_per_image
    `rows` $rows attr-dict `:` type($base) `to` type($result)
  }];
  let hasVerifier = 1;
}

#endif // CVT_LAUNCH_OPS
