//===- CvtGraphOps.td - What a CvT computes -------------------------------===//

#ifndef CVT_GRAPH_OPS
#define CVT_GRAPH_OPS

def Cvt_ConvEmbedOp : Cvt_WeightedGraphOp<"conv_embed"> {
  let summary = "Convolutional token embedding, before its norm";
  let description = [{
    2-D convolution with zero padding, square kernel and equal strides, from a
    map in `layout` to a channels-last map of `channels`.  An output axis has
    `(n + 2 * padding - kernel) / stride + 1` elements, rounded down.

    Constraints:
    - (C1) `channels`, `kernel`, `stride` ≥ 1, `padding` ≥ 0;
    - (C2) the padded input is at least `kernel` wide and high;
    - (C3) `weight` is (channels, input channels, kernel, kernel), `bias` (channels).

    Example:
    ```mlir
    %1 = cvt.conv_embed %0, @w bias @b layout nchw channels 64 kernel 7 stride 4 padding 2
           : (tensor<?x3x224x224xf32>) -> tensor<?x56x56x64xf32>
    ```
  }];
  let arguments = (ins Cvt_Map:$input, FlatSymbolRefAttr:$weight,
                       OptionalAttr<FlatSymbolRefAttr>:$bias,
                       Cvt_LayoutAttr:$layout, I64Attr:$channels,
                       I64Attr:$kernel, I64Attr:$stride, I64Attr:$padding);
  let results = (outs Cvt_Map:$output);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? `layout` custom<Layout>($layout)
    `channels` $channels `kernel` $kernel `stride` $stride `padding` $padding
    attr-dict `:` functional-type(operands, results)
  }];
}

def Cvt_LayerNormOp : Cvt_WeightedGraphOp<"layer_norm"> {
  let summary = "Layer norm over channels";
  let description = [{
    `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each row of
    channels, with the population variance.

    Constraints:
    - (C1) `epsilon` > 0;
    - (C2) `gamma` and `beta` are (channels).

    Example:
    ```mlir
    %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-5 : tensor<?x197x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Activation:$input, FlatSymbolRefAttr:$gamma,
                       FlatSymbolRefAttr:$beta, F32Attr:$epsilon);
  let results = (outs Cvt_Activation:$output);
  let assemblyFormat = [{
    $input `,` $gamma `,` $beta `epsilon` custom<F32>($epsilon) attr-dict
    `:` custom<Rounding>(type($input), type($output))
  }];
}

def Cvt_ConvProjectionOp : Cvt_WeightedGraphOp<"conv_projection"> {
  let summary = "Convolutional projection: depthwise convolution and batch norm";
  let description = [{
    Each channel is convolved on its own with a `kernel` x `kernel` filter and
    zero padding, then normalised with the stored statistics:
    `(conv - mean) / sqrt(variance + epsilon) * gamma + beta`.

    Constraints:
    - (C1) `kernel`, `stride` ≥ 1, `padding` ≥ 0, `epsilon` > 0;
    - (C2) the padded input is at least `kernel` wide and high;
    - (C3) `weight` is (C, 1, kernel, kernel); the four others are (C).

    Example:
    ```mlir
    %1 = cvt.conv_projection %0, @w norm(@gamma, @beta, @mean, @variance) kernel 3 stride 2 padding 1 epsilon 1.0e-5
           : (tensor<?x14x14x384xf32>) -> tensor<?x7x7x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Map:$input, FlatSymbolRefAttr:$weight,
                       FlatSymbolRefAttr:$gamma, FlatSymbolRefAttr:$beta,
                       FlatSymbolRefAttr:$mean, FlatSymbolRefAttr:$variance,
                       I64Attr:$kernel, I64Attr:$stride, I64Attr:$padding,
                       F32Attr:$epsilon);
  let results = (outs Cvt_Map:$output);
  let assemblyFormat = [{
    $input `,` $weight `norm` `(` $gamma `,` $beta `,` $mean `,` $variance `)`
    `kernel` $kernel `stride` $stride `padding` $padding
    `epsilon` custom<F32>($epsilon) attr-dict `:` functional-type(operands, results)
  }];
}

def Cvt_DepthwiseConvOp : Cvt_WeightedGraphOp<"depthwise_conv"> {
  let summary = "Depthwise convolutions with bias that read one map";
  let description = [{
    One result for each entry of `weights`: a depthwise convolution of the
    input with that weight, its bias, stride and padding.  What
    `cvt.conv_projection` becomes once its batch norm is folded; several that
    read one map are one op.

    Constraints:
    - (C1) `weights`, `biases`, `strides` and `paddings` have one entry a result, at least one;
    - (C2) `kernel` and strides ≥ 1, paddings ≥ 0, padded inputs as in `conv_embed`;
    - (C3) each weight is (C, 1, kernel, kernel), each bias (C);
    - (C4) all results have one element type.

    Example:
    ```mlir
    %q, %k = cvt.depthwise_conv %0, [@wq, @wk] biases [@bq, @bk] kernel 3 strides [1, 2] paddings [1, 1]
           : (tensor<?x14x14x384xf32>) -> (tensor<?x14x14x384xf32>, tensor<?x7x7x384xf32>)
    ```
  }];
  let arguments = (ins Cvt_Map:$input,
                       TypedArrayAttrBase<FlatSymbolRefAttr, "weights">:$weights,
                       TypedArrayAttrBase<FlatSymbolRefAttr, "biases">:$biases,
                       I64Attr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$paddings);
  let results = (outs Variadic<Cvt_Map>:$outputs);
  let assemblyFormat = [{
    $input `,` $weights `biases` $biases `kernel` $kernel `strides` $strides
    `paddings` $paddings attr-dict `:` functional-type(operands, results)
  }];
}

def Cvt_AvgPoolOp : Cvt_GraphOp<"avg_pool"> {
  let summary = "Average pooling, as PyTorch's AvgPool2d with ceil_mode";
  let description = [{
    The mean over each window of the zero-padded input.  Output axes have
    `(n + 2 * padding - kernel) / stride + 1` elements, rounded *up*, without a
    last window that would start behind the input and its left padding.  The
    divisor counts padding, not what a rounded-up window covers beyond it.

    Constraints:
    - (C1) `kernel`, `stride` ≥ 1, 0 ≤ `padding` ≤ `kernel` / 2;
    - (C2) the padded input is at least `kernel` wide and high.

    Example:
    ```mlir
    %1 = cvt.avg_pool %0 kernel 3 stride 2 padding 1
           : (tensor<?x14x14x384xf32>) -> tensor<?x8x8x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Map:$input, I64Attr:$kernel, I64Attr:$stride,
                       I64Attr:$padding);
  let results = (outs Cvt_Map:$output);
  let assemblyFormat = [{
    $input `kernel` $kernel `stride` $stride `padding` $padding attr-dict
    `:` functional-type(operands, results)
  }];
}

def Cvt_LinearOp : Cvt_WeightedGraphOp<"linear"> {
  let summary = "Linear layer with fused bias, activation and residual";
  let description = [{
    `activation(x · weightᵀ + bias) + residual`, each part optional.  An input
    of `ui8` is what `quantize` made of x, and is multiplied with weights of 8
    bits.

    Constraints:
    - (C1) `features` ≥ 1; `residual` has the result's shape;
    - (C2) `weight` is (features, numbers in a row of x), `bias` (features);
    - (C3) a row of `ui8` has at least one number;
    - (C4) the format, where there is one, is `i8` if and only if the input is `ui8`.

    Example:
    ```mlir
    %1 = cvt.linear %0, @w bias @b features 1536 activation gelu
           : (tensor<?x197x384xf32>) -> tensor<?x197x1536xf32>
    %2 = cvt.linear %1, @w2 bias @b2 residual %r features 384
           : (tensor<?x197x1536xf32>, tensor<?x197x384xf32>) -> tensor<?x197x384xf32>
    %3 = cvt.linear %q, @w2 features 384 : (tensor<?x197x1544xui8>) -> tensor<?x197x384xf32>
    ```
  }];
  let arguments = (ins Cvt_LinearInput:$input, Optional<Cvt_Activation>:$residual,
                       FlatSymbolRefAttr:$weight,
                       OptionalAttr<FlatSymbolRefAttr>:$bias, I64Attr:$features,
                       DefaultValuedAttr<Cvt_ActivationAttr, "Activation::None">:$activation);
  let results = (outs Cvt_Activation:$output);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`residual` $residual^)? `features` $features
    (`activation` custom<Activation>($activation)^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Cvt_QuantizeOp : Cvt_GraphOp<"quantize"> {
  let summary = "Each row of channels to 8 bits, on a scale of its own";
  let description = [{
    `x = q · scale + low`, `q` rounded to nearest, where `low` is the least
    number of the row, and `scale` the 255th part of what the greatest one is
    above it.  A row of the result is all `q`, then the bytes of `scale` and of
    `low` as f32: whoever reads the one needs the other.

    Example:
    ```mlir
    %q = cvt.quantize %0 : (tensor<?x197x1536xbf16>) -> tensor<?x197x1544xui8>
    ```
  }];
  let arguments = (ins Cvt_Activation:$input);
  let results = (outs Cvt_Quantized:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Cvt_AttentionOp : Cvt_GraphOp<"attention"> {
  let summary = "Multi-head attention";
  let description = [{
    For each of `heads` equal runs of channels:
    `softmax(query · keyᵀ · scale) · value`.

    Constraints:
    - (C1) `heads` divides the channels, which all operands share, as they do the element type;
    - (C2) key and value have the same tokens.

    Example:
    ```mlir
    %z = cvt.attention %q, %k, %v heads 6 scale 0.0510310382
           : (tensor<?x197x384xf32>, tensor<?x50x384xf32>, tensor<?x50x384xf32>) -> tensor<?x197x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Tokens:$query, Cvt_Tokens:$key, Cvt_Tokens:$value,
                       I64Attr:$heads, F32Attr:$scale);
  let results = (outs Cvt_Tokens:$output);
  let assemblyFormat = [{
    $query `,` $key `,` $value `heads` $heads `scale` custom<F32>($scale) attr-dict
    `:` functional-type(operands, results)
  }];
}

def Cvt_GeluOp : Cvt_UniformGraphOp<"gelu"> {
  let summary = "GELU: exact, or the sigmoid form of the original code";
  let description = [{
    `gelu`: x · (1 + erf(x / √2)) / 2.  `quick_gelu`: x · sigmoid(1.702 x).

    Constraints:
    - (C1) `function` is not `none`;
    - (C2) the result has the type of the input.

    Example:
    ```mlir
    %1 = cvt.gelu %0 function gelu : tensor<?x197x1536xf32>
    ```
  }];
  let arguments = (ins Cvt_Activation:$input, Cvt_ActivationAttr:$function);
  let results = (outs Cvt_Activation:$output);
  let assemblyFormat = "$input `function` custom<Activation>($function) attr-dict `:` type($input)";
}

def Cvt_AddOp : Cvt_UniformGraphOp<"add", [Commutative]> {
  let summary = "Sum of two activations of one type";
  let description = [{
    Constraints:
    - (C1) both operands and the result have one type.

    Example:
    ```mlir
    %2 = cvt.add %0, %1 : tensor<?x197x384xf32>, tensor<?x197x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Activation:$lhs, Cvt_Activation:$rhs);
  let results = (outs Cvt_Activation:$output);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def Cvt_TokenMeanOp : Cvt_GraphOp<"token_mean"> {
  let summary = "Mean over tokens";
  let description = [{
    Example:
    ```mlir
    %1 = cvt.token_mean %0 : (tensor<?x196x384xf32>) -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Cvt_Tokens:$input);
  let results = (outs Cvt_Rows:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasCanonicalizeMethod = 1;
}

def Cvt_ToNchwOp : Cvt_GraphOp<"to_nchw"> {
  let summary = "A channels-last map in Hugging Face's order";
  let description = [{
    Example:
    ```mlir
    %1 = cvt.to_nchw %0 : (tensor<?x14x14x384xf32>) -> tensor<?x384x14x14xf32>
    ```
  }];
  let arguments = (ins Cvt_Map:$input);
  let results = (outs Cvt_Map:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

#endif // CVT_GRAPH_OPS
