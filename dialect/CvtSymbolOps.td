//===- CvtSymbolOps.td - Weights, how they are made, kernels --------------===//

#ifndef CVT_SYMBOL_OPS
#define CVT_SYMBOL_OPS

// A symbol that only its own module sees: gone when nothing uses it.
class Cvt_PrivateSymbolOp<string mnemonic, list<Trait> traits = []>
    : Cvt_Op<mnemonic, !listconcat([Symbol], traits)> {
  let extraClassDeclaration = [{
    ::mlir::SymbolTable::Visibility getVisibility() {
      return ::mlir::SymbolTable::Visibility::Private;
    }
  }];
}

def Cvt_WeightOp : Cvt_PrivateSymbolOp<"weight"> {
  let summary = "A tensor of the checkpoint";
  let description = [{
    Declares a weight by name and shape and says where its values come from: a
    run of bytes in a file (`#cvt.stored`) or a distribution (`#cvt.random`).
    The values themselves are never part of the IR.

    Constraints:
    - (C1) the type is a static shape of `f32`, the type in which it is used;
    - (C2) `axes` of a stored source, if given, are those of the type, each once.

    Example:
    ```mlir
    cvt.weight @head.bias : tensor<10xf32> from #cvt.stored<"model.safetensors", offset = 4096, dtype = f32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Cvt_Weight>:$type,
                       AnyAttrOf<[Cvt_StoredAttr, Cvt_RandomAttr]>:$source);
  let assemblyFormat = "$sym_name `:` $type `from` $source attr-dict";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name,
                                 "::mlir::RankedTensorType":$type,
                                 "::mlir::Attribute":$source)>];
}

def Cvt_PrepareOp : Cvt_PrivateSymbolOp<"prepare",
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A weight made from other weights, once, at compile time";
  let description = [{
    | step | sources | result |
    |---|---|---|
    | `fold_bn_weight` | conv (C,1,k,k), gamma, variance (C) | conv · gamma / sqrt(variance + epsilon) |
    | `fold_bn_bias` | gamma, beta, mean, variance (C) | beta − mean · gamma / sqrt(variance + epsilon) |
    | `pack_panels` | (N, …), K the product of the rest | (⌈N/width⌉, K, width), zero-padded; narrower types, whose elements may be side by side in a lane of 32 bits, also (⌈N/width⌉, K/2, width, 2), si8 and ui8 also (⌈N/width⌉, K/4, width, 4); si8: rows divided by their `row_scales`; ui8: the same with 128 added |
    | `pack_panels_nhwc` | (N, C, k, k) | as `pack_panels`, with K in the order (ky, kx, c) |
    | `taps_outermost` | (C,1,k,k) | (k, k, C) |
    | `pad_taps` | (N, C, k, k) | (N, C, k, k'), k' ≥ k, zero-padded |
    | `pad` | (N) | (N'), N' ≥ N, zero-padded |
    | `row_scales` | (N, …) | (N'), N' ≥ N: a row's greatest magnitude / 127, zero-padded |
    | `row_sums` | (N, …) | (N'), N' ≥ N: the sum of a row, each element rounded to a multiple of its scale, zero-padded |

    Evaluated when the artifact is written; never at run time.

    Constraints:
    - (C1) every source is a `cvt.weight` or `cvt.prepare` of `f32` that stands
      before it in the module;
    - (C2) the sources' shapes and the result's type are the step's;
    - (C3) the folding steps have an `epsilon`, finite and greater than 0, the others
      none;
    - (C4) only `pack_panels` and `pack_panels_nhwc` round, to bf16, si8 or ui8.

    Example:
    ```mlir
    cvt.prepare @fc1.panels = pack_panels(@fc1) : tensor<24x384x64xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Cvt_PrepareStepAttr:$step,
                       TypedArrayAttrBase<FlatSymbolRefAttr, "sources">:$sources,
                       TypeAttrOf<Cvt_PreparedWeight>:$type,
                       OptionalAttr<F32Attr>:$epsilon);
  let assemblyFormat = [{
    $sym_name `=` custom<PrepareStep>($step) `(` custom<SymbolList>($sources) `)`
    (`epsilon` custom<F32>($epsilon)^)? `:` $type attr-dict
  }];
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "PrepareStep":$step,
                                 "::llvm::ArrayRef<::mlir::FlatSymbolRefAttr>":$sources,
                                 "::mlir::RankedTensorType":$type,
                                 CArg<"::mlir::FloatAttr", "{}">:$epsilon)>];
  let hasVerifier = 1;
}

def Cvt_Count : ConfinedAttr<I64Attr, [IntNonNegative]>;

def Cvt_KernelOp : Cvt_PrivateSymbolOp<"kernel"> {
  let summary = "A kernel that the compiler generates";
  let description = [{
    The name is the whole specification: family, shapes, fused parts, number
    format and CPU target (see compiler/kernels).  `flops` and `bytes` are what
    one call does and moves for one image.

    Constraints:
    - (C1) neither is negative.

    Example:
    ```mlir
    cvt.kernel @layer_norm_c64_t3136_eps3727c5ac_f32_znver4 flops 1404928 bytes 1606144
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Cvt_Count:$flops, Cvt_Count:$bytes);
  let assemblyFormat = "$sym_name `flops` $flops `bytes` $bytes attr-dict";
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$flops,
                                 "int64_t":$bytes)>];
}

#endif // CVT_SYMBOL_OPS
