// Declared result types other than the inferred ones are refused.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

cvt.weight @w : tensor<4x3x7x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @rounded_up(%0: tensor<?x3x225x225xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x56x56x4xf32>' are incompatible with return type(s) of operation 'tensor<?x57x57x4xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 7 stride 4 padding 2 : (tensor<?x3x225x225xf32>) -> tensor<?x57x57x4xf32>
  return
}

// -----

cvt.weight @w : tensor<4x3x7x7xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @channels_first(%0: tensor<?x3x225x225xf32>) {
  // expected-error@+2 {{are incompatible with return type(s) of operation 'tensor<?x4x56x56xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_embed %0, @w layout nchw channels 4 kernel 7 stride 4 padding 2 : (tensor<?x3x225x225xf32>) -> tensor<?x4x56x56xf32>
  return
}

// -----

cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @conv_projection(%0: tensor<?x7x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x4x3x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.conv_projection %0, @w norm(@c, @c, @c, @c) kernel 3 stride 2 padding 1 epsilon 1.0e-5 : (tensor<?x7x5x4xf32>) -> tensor<?x3x2x4xf32>
  return
}

// -----

cvt.weight @w : tensor<4x1x3x3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @c : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
func.func @swapped_results(%0: tensor<?x7x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x7x5x4xf32>', 'tensor<?x4x3x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1:2 = cvt.depthwise_conv %0, [@w, @w] biases [@c, @c] kernel 3 strides [1, 2] paddings [1, 1] : (tensor<?x7x5x4xf32>) -> (tensor<?x4x3x4xf32>, tensor<?x7x5x4xf32>)
  return
}

// -----

func.func @rounded_down(%0: tensor<?x14x7x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x8x4x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.avg_pool %0 kernel 3 stride 2 padding 1 : (tensor<?x14x7x4xf32>) -> tensor<?x7x4x4xf32>
  return
}

// -----

cvt.weight @w : tensor<12x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
func.func @linear(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x5x12xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.linear %0, @w features 12 : (tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

func.func @attention(%q: tensor<?x5x4xf32>, %k: tensor<?x2x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x5x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.attention %q, %k, %k heads 2 scale 0.5 : (tensor<?x5x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

func.func @token_mean(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.token_mean %0 : (tensor<?x5x4xf32>) -> tensor<?x5xf32>
  return
}

// -----

func.func @to_nchw(%0: tensor<?x2x3x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x4x2x3xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.to_nchw %0 : (tensor<?x2x3x4xf32>) -> tensor<?x4x3x2xf32>
  return
}

// -----

cvt.weight @cls : tensor<1x1x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "cls">
func.func @class_token() {
  // expected-error@+2 {{inferred type(s) 'tensor<1x1x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = cvt.class_token @cls channels 4 : tensor<?x1x4xf32>
  return
}

// -----

func.func @prepend_class_token(%cls: tensor<1x1x4xf32>, %0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x6x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.prepend_class_token %cls, %0 : (tensor<1x1x4xf32>, tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}

// -----

func.func @take_class_token(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x1x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.take_class_token %0 : (tensor<?x5x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

func.func @drop_class_token(%0: tensor<?x5x4xf32>) {
  // expected-error@+2 {{inferred type(s) 'tensor<?x4x4xf32>' are incompatible}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.drop_class_token %0 : (tensor<?x5x4xf32>) -> tensor<?x5x4xf32>
  return
}
