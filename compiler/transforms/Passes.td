//===- Passes.td - Passes from the cvt dialect to the cvt dialect ---------===//
//
// In the order in which the compiler runs them.  The example of each pass is
// the first case of its test, test/transforms/<pass>.mlir.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_TRANSFORMS_PASSES
#define CVT_COMPILER_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def SelectOutputsPass : Pass<"cvt-select-outputs", "::mlir::ModuleOp"> {
  let summary = "Keeps the requested outputs and what they need";
  let description = [{
    Takes a module whose function `@forward` has one block and the attribute
    `cvt.outputs`, one name for each result.  Leaves the results whose names
    `outputs` lists, in its order, and the ops that they need; weights that are
    no longer used are `symbol-dce`'s.  `hidden_states` stands for all of
    `hidden_states_0`, `hidden_states_1`, ….

    Fails if a name is unknown or is requested twice, or none is requested.

    Example, with `outputs=tokens`:
    ```mlir
    func.func @forward(%x: tensor<?x4x8xf32>) -> (tensor<?x8xf32>, tensor<?x4x8xf32>)
        attributes {cvt.outputs = ["pooled", "tokens"]} {
      %0 = cvt.gelu %x function gelu : tensor<?x4x8xf32>
      %1 = cvt.token_mean %0 : (tensor<?x4x8xf32>) -> tensor<?x8xf32>
      return %1, %0 : tensor<?x8xf32>, tensor<?x4x8xf32>
    }
    ```
    becomes
    ```mlir
    func.func @forward(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
        attributes {cvt.outputs = ["tokens"]} {
      %0 = cvt.gelu %x function gelu : tensor<?x4x8xf32>
      return %0 : tensor<?x4x8xf32>
    }
    ```
  }];
  let options = [
    ListOption<"outputs", "outputs", "std::string",
               "Names of the outputs to keep, in their new order">,
  ];
}

def FoldBatchNormPass : Pass<"cvt-fold-batch-norm", "::mlir::ModuleOp"> {
  let summary = "Folds the batch norm of convolutional projections";
  let description = [{
    Takes `cvt.conv_projection` ops; leaves none.  Each becomes a
    `cvt.depthwise_conv` of one result, and two `cvt.prepare` symbols make its
    weight and bias from the convolution's weight and the batch norm's
    statistics.  They are named after the weight: `.folded` and
    `.folded_bias`.

    Example:
    ```mlir
    %1 = cvt.conv_projection %0, @conv norm(@gamma, @beta, @mean, @variance) kernel 3 stride 2 padding 1 epsilon 1.0e-5
           : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
    ```
    becomes
    ```mlir
    cvt.prepare @conv.folded = fold_bn_weight(@conv, @gamma, @variance) epsilon 1.0e-5 : tensor<8x1x3x3xf32>
    cvt.prepare @conv.folded_bias = fold_bn_bias(@gamma, @beta, @mean, @variance) epsilon 1.0e-5 : tensor<8xf32>

    %1 = cvt.depthwise_conv %0, [@conv.folded] biases [@conv.folded_bias] kernel 3 strides [2] paddings [1]
           : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
    ```
  }];
  let statistics = [
    Statistic<"numFolded", "folded", "Batch norms folded">,
  ];
}

def ShrinkToClassTokenPass
    : Pass<"cvt-shrink-to-class-token", "::mlir::ModuleOp"> {
  let summary = "Computes one token where only the class token is used";
  let description = [{
    Takes any graph.  An op whose result is read by nothing but
    `cvt.take_class_token` and whose row 0 depends on no other row of its
    operands (`linear`, `layer_norm`, `gelu`, `add`, the query of `attention`)
    is left computing row 0 alone, from row 0 of those operands.  In the last
    layer of a classifier this reaches from the head up to the norm that feeds
    the keys and values; the query's convolution dies on the way.

    Example:
    ```mlir
    %0 = cvt.attention %q, %k, %v heads 2 scale 0.5
           : (tensor<?x5x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>) -> tensor<?x5x8xf32>
    %1 = cvt.take_class_token %0 : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
    ```
    becomes
    ```mlir
    %0 = cvt.take_class_token %q : (tensor<?x5x8xf32>) -> tensor<?x1x8xf32>
    %1 = cvt.attention %0, %k, %v heads 2 scale 0.5
           : (tensor<?x1x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>) -> tensor<?x1x8xf32>
    ```
  }];
  let statistics = [
    Statistic<"numShrunk", "shrunk", "Ops shrunk to one token">,
  ];
}

def FuseDepthwiseConvsPass
    : Pass<"cvt-fuse-depthwise-convs", "::mlir::ModuleOp"> {
  let summary = "Convolves a map that several projections read in one pass";
  let description = [{
    Takes any graph.  Leaves the results of all `cvt.depthwise_conv` ops that
    share an input and a kernel size with as few ops as have at most three
    results each, which is what the kernel computes at once, and without
    results that nothing uses.

    Example:
    ```mlir
    %q = cvt.depthwise_conv %0, [@wq] biases [@bq] kernel 3 strides [1] paddings [1]
           : (tensor<?x14x14x8xf32>) -> tensor<?x14x14x8xf32>
    %k = cvt.depthwise_conv %0, [@wk] biases [@bk] kernel 3 strides [2] paddings [1]
           : (tensor<?x14x14x8xf32>) -> tensor<?x7x7x8xf32>
    ```
    becomes
    ```mlir
    %q, %k = cvt.depthwise_conv %0, [@wq, @wk] biases [@bq, @bk] kernel 3 strides [1, 2] paddings [1, 1]
           : (tensor<?x14x14x8xf32>) -> (tensor<?x14x14x8xf32>, tensor<?x7x7x8xf32>)
    ```
  }];
  let statistics = [
    Statistic<"numFused", "fused", "Ops that became part of another">,
  ];
}

def FuseEpiloguesPass : Pass<"cvt-fuse-epilogues", "::mlir::ModuleOp"> {
  let summary = "Fuses activations and residuals into linear layers";
  let description = [{
    Takes a graph without formats.  A `cvt.gelu` that is the only user of a
    plain `cvt.linear` becomes its activation; a `cvt.add` that is the only
    user of a `cvt.linear` without residual becomes its residual, and the
    linear layer moves down to where the sum was.  Where both operands of the
    sum could take it, the later one does.

    Example:
    ```mlir
    %1 = cvt.linear %0, @w bias @b features 8 : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    %2 = cvt.add %0, %1 : tensor<?x4x8xf32>, tensor<?x4x8xf32>
    ```
    becomes
    ```mlir
    %2 = cvt.linear %0, @w bias @b residual %0 features 8
           : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    ```
  }];
  let statistics = [
    Statistic<"numActivations", "activations", "Activations fused">,
    Statistic<"numResiduals", "residuals", "Residuals fused">,
  ];
}

def AssignFormatsPass : Pass<"cvt-assign-formats", "::mlir::ModuleOp"> {
  let summary = "Sets the number format that each op computes in";
  let description = [{
    Takes any graph of f32 values.  Leaves the attribute `cvt.format`, what the
    op multiplies in, on every graph op.  Token views have none: they move bits.

    With `format=bf16`, linear layers with an even number of inputs, attention
    with an even number of channels in each head, and convolutional embeddings
    of pictures or of maps with an even number of channels multiply in bf16, and
    values that only such layers, attention and depthwise convolutions read are
    stored in bf16.  The residual stream and what is returned stay f32, and so
    does a layer whose input does.

    With `format=i8`, linear layers whose inputs are a multiple of 4, at most
    65536, multiply in 8 bits what a `cvt.quantize` right before them makes, one
    for each value;
    attention whose heads have a multiple of 4 channels, and not more than 65536
    keys, multiplies in 8 bits what it reads as bf16, and convolutional
    embeddings of maps with a multiple of 4 channels, at most 65536, what they
    read as f32; all the rest is as with `bf16`.

    Example, with `format=bf16`:
    ```mlir
    %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 : tensor<?x4x8xf32>
    %2 = cvt.linear %1, @w residual %0 features 8
           : (tensor<?x4x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    ```
    becomes
    ```mlir
    %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-05 {cvt.format = #cvt.format<f32>} : tensor<?x4x8xf32> -> tensor<?x4x8xbf16>
    %2 = cvt.linear %1, @w residual %0 features 8 {cvt.format = #cvt.format<bf16>}
           : (tensor<?x4x8xbf16>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
    ```
  }];
  let options = [
    Option<"format", "format", "::cvt::Format", "::cvt::Format::F32",
           "Format of what is large enough to matter",
           [{::llvm::cl::values(
               clEnumValN(::cvt::Format::F32, "f32", "IEEE single precision"),
               clEnumValN(::cvt::Format::Bf16, "bf16", "bfloat16"),
               clEnumValN(::cvt::Format::I8, "i8", "8-bit integers"))}]>,
  ];
}

#endif // CVT_COMPILER_TRANSFORMS_PASSES
