//===- CvtTokenOps.td - Views of tokens that move no data -----------------===//
//
// The kernels phase makes copies only where such a view cannot be one: see
// compiler/conversion/cvt_to_kernels.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOKEN_OPS
#define CVT_TOKEN_OPS

def Cvt_ReshapeOp : Cvt_Op<"reshape", [Pure]> {
  let summary = "The same elements, row-major, in another shape";
  let description = [{
    Maps to tokens, tokens to maps, one token to a row.

    Constraints:
    - (C1) the batch stays outermost, the elements of an image, less than 2^63 - 1, keep
      their number;
    - (C2) the innermost extent, the channels, stays, and so does the element type.

    Example:
    ```mlir
    %1 = cvt.reshape %0 : tensor<?x14x14x384xf32> -> tensor<?x196x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Activation:$input);
  let results = (outs Cvt_Activation:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Cvt_ClassTokenOp : Cvt_WeightedOp<"class_token"> {
  let summary = "The learned class token";
  let description = [{
    Constraints:
    - (C1) `weight` is (1, 1, channels).

    Example:
    ```mlir
    %0 = cvt.class_token @stage2.cls_token channels 384 : tensor<1x1x384xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, I64Attr:$channels);
  let results = (outs Cvt_ClassToken:$output);
  let assemblyFormat = "$weight `channels` $channels attr-dict `:` type($output)";
}

def Cvt_PrependClassTokenOp : Cvt_InferredOp<"prepend_class_token"> {
  let summary = "Puts a class token in front of tokens";
  let description = [{
    The class token becomes row 0 of every image; one of batch 1 is repeated.

    Constraints:
    - (C1) both operands have the same channels and element type.

    Example:
    ```mlir
    %2 = cvt.prepend_class_token %cls, %1
           : (tensor<1x1x384xf32>, tensor<?x196x384xf32>) -> tensor<?x197x384xf32>
    ```
  }];
  let arguments = (ins Cvt_ClassToken:$class_token, Cvt_Tokens:$tokens);
  let results = (outs Cvt_Tokens:$output);
  let assemblyFormat = [{
    $class_token `,` $tokens attr-dict `:` functional-type(operands, results)
  }];
}

def Cvt_TakeClassTokenOp : Cvt_InferredOp<"take_class_token"> {
  let summary = "Row 0 of every image";
  let description = [{
    Example:
    ```mlir
    %1 = cvt.take_class_token %0 : (tensor<?x197x384xf32>) -> tensor<?x1x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Tokens:$input);
  let results = (outs Cvt_Tokens:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Cvt_DropClassTokenOp : Cvt_InferredOp<"drop_class_token"> {
  let summary = "All rows but row 0 of every image";
  let description = [{
    Constraints:
    - (C1) the input has at least two tokens.

    Example:
    ```mlir
    %1 = cvt.drop_class_token %0 : (tensor<?x197x384xf32>) -> tensor<?x196x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Tokens:$input);
  let results = (outs Cvt_Tokens:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

#endif // CVT_TOKEN_OPS
