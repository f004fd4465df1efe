//===- CvtDialect.td - The cvt dialect, its attributes and types ----------===//

#ifndef CVT_DIALECT
#define CVT_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Cvt_Dialect : Dialect {
  let name = "cvt";
  let cppNamespace = "::cvt";
  let summary = "CvT image classifiers, from the paper's graph to kernel launches";
  let description = [{
    Holds a CvT model at every level between its checkpoint and the host
    function in the LLVM dialect.  A model is a module with one public function
    `@forward`, from pixel values to named outputs, and one symbol for each
    weight.

    Activations are `f32` tensors, from the precision phase on also `bf16` ones
    where that is how they are stored, and `ui8` ones between `quantize` and
    `linear`.  Their outermost extent, the batch, is
    dynamic, the other extents are static: *maps* are
    `tensor<?xHxWxCxf32>`, *tokens* `tensor<?xTxCxf32>`, rows
    `tensor<?xCxf32>`.  Channels are innermost throughout, so going from a map
    to tokens and back is a reshape that moves nothing.  A *class token*, where
    a stage has one, is row 0 of its tokens.

    Weights are symbols (`cvt.weight`), never inline constants: ops name the
    weights that they use.  What compilation does to weight values is written
    as `cvt.prepare` symbols, which are evaluated when the artifact is written.

    Ops come in four groups; each phase of the compiler may use those listed:

    | group | ops | phases |
    |---|---|---|
    | symbols | `weight`, `prepare`, `kernel` | all |
    | graph | `conv_embed` … `to_nchw` | import, fuse, precision |
    | token views | `reshape`, `class_token`, `prepend_class_token`, `take_class_token`, `drop_class_token` | import to kernels |
    | launches | `launch`, `weight_value`, `view` | kernels, memory |
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Discardable attribute of graph ops: the number format they compute in
    /// (a FormatAttr).  Set by `cvt-assign-formats`.
    static constexpr llvm::StringLiteral kFormatAttr = "cvt.format";
    /// Attribute of `@forward`: names of its results, in order, all different.
    static constexpr llvm::StringLiteral kOutputsAttr = "cvt.outputs";
    /// Attribute of a lowered function: the CPU target it is compiled for.
    static constexpr llvm::StringLiteral kTargetAttr = "cvt.target";
    /// Attribute of a planned function: bytes of arena for one image.
    static constexpr llvm::StringLiteral kArenaAttr = "cvt.arena_bytes_per_image";
    /// Attribute of a weight symbol: where its bytes lie in the artifact's
    /// weights section.
    static constexpr llvm::StringLiteral kSectionOffsetAttr = "cvt.section_offset";
    /// Attribute of a planned module: bytes of the weights section.
    static constexpr llvm::StringLiteral kSectionBytesAttr = "cvt.section_bytes";
  }];
}

class Cvt_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Cvt_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class Cvt_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::cvt";
  let genSpecializedAttr = 0;
}

class Cvt_EnumAttr<Cvt_Enum enum, string mnemonic>
    : EnumAttr<Cvt_Dialect, enum, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Cvt_Layout : Cvt_Enum<"Layout", "order of a map's axes", [
  I32EnumAttrCase<"Nchw", 0, "nchw">,
  I32EnumAttrCase<"Nhwc", 1, "nhwc">,
]>;
def Cvt_LayoutAttr : Cvt_EnumAttr<Cvt_Layout, "layout">;

def Cvt_ActivationEnum : Cvt_Enum<"Activation",
    "activation function", [
  I32EnumAttrCase<"None", 0, "none">,
  I32EnumAttrCase<"Gelu", 1, "gelu">,
  I32EnumAttrCase<"QuickGelu", 2, "quick_gelu">,
]>;
def Cvt_ActivationAttr : Cvt_EnumAttr<Cvt_ActivationEnum, "activation">;

def Cvt_Format : Cvt_Enum<"Format",
    "number format that an op computes in", [
  I32EnumAttrCase<"F32", 0, "f32">,
  I32EnumAttrCase<"Bf16", 1, "bf16">,
  I32EnumAttrCase<"I8", 2, "i8">,
]>;
def Cvt_FormatAttr : Cvt_EnumAttr<Cvt_Format, "format">;

def Cvt_PrepareStep : Cvt_Enum<"PrepareStep",
    "how one weight is made from others", [
  I32EnumAttrCase<"FoldBnWeight", 0, "fold_bn_weight">,
  I32EnumAttrCase<"FoldBnBias", 1, "fold_bn_bias">,
  I32EnumAttrCase<"PackPanels", 2, "pack_panels">,
  I32EnumAttrCase<"PackPanelsNhwc", 3, "pack_panels_nhwc">,
  I32EnumAttrCase<"TapsOutermost", 4, "taps_outermost">,
  I32EnumAttrCase<"Pad", 5, "pad">,
  I32EnumAttrCase<"RowScales", 6, "row_scales">,
  I32EnumAttrCase<"RowSums", 7, "row_sums">,
  I32EnumAttrCase<"PadTaps", 8, "pad_taps">,
]>;
def Cvt_PrepareStepAttr : Cvt_EnumAttr<Cvt_PrepareStep, "prepare_step">;

def Cvt_StoredDType : Cvt_Enum<"StoredDType",
    "element type of a tensor in a checkpoint", [
  I32EnumAttrCase<"F32", 0, "f32">,
  I32EnumAttrCase<"F16", 1, "f16">,
  I32EnumAttrCase<"BF16", 2, "bf16">,
  I32EnumAttrCase<"F64", 3, "f64">,
]>;
def Cvt_StoredDTypeAttr : Cvt_EnumAttr<Cvt_StoredDType, "stored_dtype">;

def Cvt_Init : Cvt_Enum<"Init",
    "distribution of a randomly initialised weight", [
  I32EnumAttrCase<"Zeros", 0, "zeros">,
  I32EnumAttrCase<"Ones", 1, "ones">,
  I32EnumAttrCase<"TruncatedNormal", 2, "truncated_normal">,
]>;
def Cvt_InitAttr : Cvt_EnumAttr<Cvt_Init, "init">;

def Cvt_StoredAttr : Cvt_Attr<"Stored", "stored"> {
  let summary = "A weight's values are a run of bytes in a file";
  let description = [{
    `file` is a plain file name inside the model's folder, `offset` the absolute
    byte at which the dense, row-major tensor of `dtype` begins.  Where its axes
    are in another order than the weight's, axis i of the weight is the stored
    tensor's `axes[i]`.

    Examples: `#cvt.stored<"model.safetensors", offset = 1024, dtype = f32>`,
    `#cvt.stored<"tf_model.h5", offset = 1024, dtype = f32, axes = [1, 0]>`
  }];
  let parameters = (ins StringRefParameter<>:$file, "uint64_t":$offset,
                        EnumParameter<Cvt_StoredDType>:$dtype,
                        OptionalArrayRefParameter<"int64_t">:$axes);
  let assemblyFormat = [{
    `<` $file `,` `offset` `=` $offset `,` `dtype` `=` $dtype
    (`,` `axes` `=` `[` $axes^ `]`)? `>`
  }];
}

def Cvt_RandomAttr : Cvt_Attr<"Random", "random"> {
  let summary = "A weight's values are drawn from a distribution";
  let description = [{
    The values depend on `seed`, `tensor` (the checkpoint's name of the tensor)
    and the element's index only.  `std` is used by `truncated_normal`.

    Example: `#cvt.random<truncated_normal, seed = 1, std = 2.0e-2, tensor = "classifier.weight">`
  }];
  let parameters = (ins EnumParameter<Cvt_Init>:$init, "uint64_t":$seed,
                        "::mlir::FloatAttr":$std, StringRefParameter<>:$tensor);
  let assemblyFormat = [{
    `<` $init `,` `seed` `=` $seed `,` `std` `=` $std `,` `tensor` `=` $tensor `>`
  }];
}

// Activations: batch dynamic, other extents static.
class Cvt_BatchedTensor<int rank, string summary,
                        list<Type> elements = [F32, BF16]>
    : Type<And<[RankedTensorOf<elements>.predicate,
                CPred<"::cvt::isBatchedTensor($_self, " # rank # ")">]>,
           summary, "::mlir::RankedTensorType">;

def Cvt_Map : Cvt_BatchedTensor<4, "batched map tensor<?xHxWxCxf32>">;
def Cvt_Tokens : Cvt_BatchedTensor<3, "batched tokens tensor<?xTxCxf32>">;
def Cvt_Rows : Cvt_BatchedTensor<2, "batched rows tensor<?xCxf32>">;
def Cvt_Activation : AnyTypeOf<[Cvt_Map, Cvt_Tokens, Cvt_Rows],
    "batched activation tensor<?x...xCxf32>", "::mlir::RankedTensorType">;
def Cvt_Quantized : AnyTypeOf<
    [Cvt_BatchedTensor<4, "map", [UI8]>, Cvt_BatchedTensor<3, "tokens", [UI8]>,
     Cvt_BatchedTensor<2, "rows", [UI8]>],
    "quantized activation tensor<?x...xCxui8>", "::mlir::RankedTensorType">;
def Cvt_LinearInput : AnyTypeOf<[Cvt_Activation, Cvt_Quantized],
    "batched activation tensor<?x...xCxf32> or tensor<?x...xCxui8>",
    "::mlir::RankedTensorType">;
def Cvt_ClassToken : Type<CPred<"::cvt::isClassToken($_self)">,
    "class token tensor<?x1xCxf32> or tensor<1x1xCxf32>",
    "::mlir::RankedTensorType">;
class Cvt_StaticTensor<list<Type> elements, string summary>
    : Type<And<[RankedTensorOf<elements>.predicate,
                CPred<"::llvm::cast<::mlir::ShapedType>($_self).hasStaticShape()">]>,
           summary, "::mlir::RankedTensorType">;
def Cvt_Weight : Cvt_StaticTensor<[F32], "weight of static shape">;
def Cvt_PreparedWeight
    : Cvt_StaticTensor<[F32, BF16, SI8, UI8], "prepared weight of static shape">;

#endif // CVT_DIALECT
