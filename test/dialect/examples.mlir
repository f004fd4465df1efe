// The examples of the op descriptions, as printed there: examples.test checks
// that none is missing.
// RUN: cvt-opt %s | FileCheck %s

cvt.weight @w : tensor<64x3x7x7xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
cvt.weight @b : tensor<64xf32> from #cvt.stored<"model.safetensors", offset = 37632, dtype = f32>

// CHECK-LABEL: @conv_embed
func.func @conv_embed(%0: tensor<?x3x224x224xf32>) {
  // CHECK: cvt.conv_embed
  %1 = cvt.conv_embed %0, @w bias @b layout nchw channels 64 kernel 7 stride 4 padding 2
         : (tensor<?x3x224x224xf32>) -> tensor<?x56x56x64xf32>
  return
}

// CHECK-LABEL: @layer_norm
module @layer_norm {
  cvt.weight @gamma : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @beta : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 1536, dtype = f32>
  func.func @forward(%0: tensor<?x197x384xf32>) {
    // CHECK: cvt.layer_norm
    %1 = cvt.layer_norm %0, @gamma, @beta epsilon 1.0e-5 : tensor<?x197x384xf32>
    return
  }
}

// CHECK-LABEL: @conv_projection
module @conv_projection {
  cvt.weight @w : tensor<384x1x3x3xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @gamma : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 13824, dtype = f32>
  cvt.weight @beta : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 15360, dtype = f32>
  cvt.weight @mean : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 16896, dtype = f32>
  cvt.weight @variance : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 18432, dtype = f32>
  func.func @forward(%0: tensor<?x14x14x384xf32>) {
    // CHECK: cvt.conv_projection
    %1 = cvt.conv_projection %0, @w norm(@gamma, @beta, @mean, @variance) kernel 3 stride 2 padding 1 epsilon 1.0e-5
           : (tensor<?x14x14x384xf32>) -> tensor<?x7x7x384xf32>
    return
  }
}

// CHECK-LABEL: @depthwise_conv
module @depthwise_conv {
  cvt.weight @wq : tensor<384x1x3x3xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @wk : tensor<384x1x3x3xf32> from #cvt.stored<"model.safetensors", offset = 13824, dtype = f32>
  cvt.weight @bq : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 27648, dtype = f32>
  cvt.weight @bk : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 29184, dtype = f32>
  func.func @forward(%0: tensor<?x14x14x384xf32>) {
    // CHECK: cvt.depthwise_conv
    %q, %k = cvt.depthwise_conv %0, [@wq, @wk] biases [@bq, @bk] kernel 3 strides [1, 2] paddings [1, 1]
           : (tensor<?x14x14x384xf32>) -> (tensor<?x14x14x384xf32>, tensor<?x7x7x384xf32>)
    return
  }
}

// CHECK-LABEL: @avg_pool
func.func @avg_pool(%0: tensor<?x14x14x384xf32>) {
  // CHECK: cvt.avg_pool
  %1 = cvt.avg_pool %0 kernel 3 stride 2 padding 1
         : (tensor<?x14x14x384xf32>) -> tensor<?x8x8x384xf32>
  return
}

// CHECK-LABEL: @linear
module @linear {
  cvt.weight @w : tensor<1536x384xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @b : tensor<1536xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @w2 : tensor<384x1536xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  cvt.weight @b2 : tensor<384xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
  func.func @forward(%0: tensor<?x197x384xf32>, %r: tensor<?x197x384xf32>, %q: tensor<?x197x1544xui8>) {
    // CHECK-COUNT-3: cvt.linear
    %1 = cvt.linear %0, @w bias @b features 1536 activation gelu
           : (tensor<?x197x384xf32>) -> tensor<?x197x1536xf32>
    %2 = cvt.linear %1, @w2 bias @b2 residual %r features 384
           : (tensor<?x197x1536xf32>, tensor<?x197x384xf32>) -> tensor<?x197x384xf32>
    %3 = cvt.linear %q, @w2 features 384 : (tensor<?x197x1544xui8>) -> tensor<?x197x384xf32>
    return
  }
}

// CHECK-LABEL: @quantize
func.func @quantize(%0: tensor<?x197x1536xbf16>) {
  // CHECK: cvt.quantize
  %q = cvt.quantize %0 : (tensor<?x197x1536xbf16>) -> tensor<?x197x1544xui8>
  return
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<?x197x384xf32>, %k: tensor<?x50x384xf32>, %v: tensor<?x50x384xf32>) {
  // CHECK: cvt.attention
  %z = cvt.attention %q, %k, %v heads 6 scale 0.0510310382
         : (tensor<?x197x384xf32>, tensor<?x50x384xf32>, tensor<?x50x384xf32>) -> tensor<?x197x384xf32>
  return
}

// CHECK-LABEL: @gelu
func.func @gelu(%0: tensor<?x197x1536xf32>) {
  // CHECK: cvt.gelu
  %1 = cvt.gelu %0 function gelu : tensor<?x197x1536xf32>
  return
}

// CHECK-LABEL: @add
func.func @add(%0: tensor<?x197x384xf32>, %1: tensor<?x197x384xf32>) {
  // CHECK: cvt.add
  %2 = cvt.add %0, %1 : tensor<?x197x384xf32>, tensor<?x197x384xf32>
  return
}

// CHECK-LABEL: @token_mean
func.func @token_mean(%0: tensor<?x196x384xf32>) {
  // CHECK: cvt.token_mean
  %1 = cvt.token_mean %0 : (tensor<?x196x384xf32>) -> tensor<?x384xf32>
  return
}

// CHECK-LABEL: @to_nchw
func.func @to_nchw(%0: tensor<?x14x14x384xf32>) {
  // CHECK: cvt.to_nchw
  %1 = cvt.to_nchw %0 : (tensor<?x14x14x384xf32>) -> tensor<?x384x14x14xf32>
  return
}

// CHECK-LABEL: @reshape
func.func @reshape(%0: tensor<?x14x14x384xf32>) {
  // CHECK: cvt.reshape
  %1 = cvt.reshape %0 : tensor<?x14x14x384xf32> -> tensor<?x196x384xf32>
  return
}

// CHECK-LABEL: @class_token
cvt.weight @stage2.cls_token : tensor<1x1x384xf32> from #cvt.stored<"model.safetensors", offset = 0, dtype = f32>
func.func @class_token() {
  // CHECK: cvt.class_token
  %0 = cvt.class_token @stage2.cls_token channels 384 : tensor<1x1x384xf32>
  return
}

// CHECK-LABEL: @prepend_class_token
func.func @prepend_class_token(%cls: tensor<1x1x384xf32>, %1: tensor<?x196x384xf32>) {
  // CHECK: cvt.prepend_class_token
  %2 = cvt.prepend_class_token %cls, %1
         : (tensor<1x1x384xf32>, tensor<?x196x384xf32>) -> tensor<?x197x384xf32>
  return
}

// CHECK-LABEL: @take_class_token
func.func @take_class_token(%0: tensor<?x197x384xf32>) {
  // CHECK: cvt.take_class_token
  %1 = cvt.take_class_token %0 : (tensor<?x197x384xf32>) -> tensor<?x1x384xf32>
  return
}

// CHECK-LABEL: @drop_class_token
func.func @drop_class_token(%0: tensor<?x197x384xf32>) {
  // CHECK: cvt.drop_class_token
  %1 = cvt.drop_class_token %0 : (tensor<?x197x384xf32>) -> tensor<?x196x384xf32>
  return
}

// CHECK: cvt.weight @head.bias
cvt.weight @head.bias : tensor<10xf32> from #cvt.stored<"model.safetensors", offset = 4096, dtype = f32>

cvt.weight @fc1 : tensor<1536x384xf32> from #cvt.random<truncated_normal, seed = 1, std = 2.0e-2, tensor = "classifier.weight">
// CHECK: cvt.prepare @fc1.panels
cvt.prepare @fc1.panels = pack_panels(@fc1) : tensor<24x384x64xf32>

// CHECK: cvt.kernel @layer_norm_c64_t3136_eps3727c5ac_f32_znver4
cvt.kernel @layer_norm_c64_t3136_eps3727c5ac_f32_znver4 flops 1404928 bytes 1606144

// CHECK-LABEL: @weight_value
func.func @weight_value() {
  // CHECK: cvt.weight_value
  %0 = cvt.weight_value @fc1.panels : tensor<24x384x64xf32>
  return
}

cvt.kernel @layer_norm_c384 flops 0 bytes 0
// CHECK-LABEL: @launch
func.func @launch(%0: tensor<?x197x384xf32>, %gamma: tensor<384xf32>, %beta: tensor<384xf32>,
                  %a: memref<?x197x384xf32>, %g: memref<384xf32>, %b: memref<384xf32>, %c: memref<?x197x384xf32>) {
  // CHECK-COUNT-2: cvt.launch
  %1 = cvt.launch @layer_norm_c384(%0, %gamma, %beta) : (tensor<?x197x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x197x384xf32>
  cvt.launch @layer_norm_c384(%a, %g, %b) outs(%c) : (memref<?x197x384xf32>, memref<384xf32>, memref<384xf32>, memref<?x197x384xf32>) -> ()
  return
}

// CHECK-LABEL: @view
func.func @view(%arena: memref<?xi8>, %batch: index) {
  // CHECK: cvt.view
  %0 = cvt.view %arena[%batch] offset 1536 offset_per_image 302592 rows 1
         : memref<?xi8> to memref<?x14x14x384xf32, strided<[75648, 5376, 384, 1]>>
  return
}
