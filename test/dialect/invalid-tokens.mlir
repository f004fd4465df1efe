// Every labelled constraint of token views.
// RUN: cvt-opt %s -verify-diagnostics --split-input-file

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

// (C1)
func.func @elements(%0: tensor<?x4x4x8xf32>) {
  // expected-error@+1 {{cannot regroup 'tensor<?x4x4x8xf32>' as 'tensor<?x15x8xf32>'}}
  %1 = cvt.reshape %0 : tensor<?x4x4x8xf32> -> tensor<?x15x8xf32>
  return
}

// -----

// (C1)
func.func @too_many(%0: tensor<?x4294967296x4294967297x8xf32>) {
  // expected-error@+1 {{has too many elements in an image of 'tensor<?x4294967296x4294967297x8xf32>'}}
  %1 = cvt.reshape %0 : tensor<?x4294967296x4294967297x8xf32> -> tensor<?x4294967296x8xf32>
  return
}

// -----

// (C2)
func.func @elements_type(%0: tensor<?x4x4x8xf32>) {
  // expected-error@+1 {{cannot regroup 'tensor<?x4x4x8xf32>' as 'tensor<?x16x8xbf16>'}}
  %1 = cvt.reshape %0 : tensor<?x4x4x8xf32> -> tensor<?x16x8xbf16>
  return
}

// -----

// (C1)
func.func @class_token_type(%0: tensor<?x1x8xf32>, %1: tensor<?x4x8xbf16>) {
  // expected-error@+2 {{class token is of 'f32', tokens of 'bf16'}}
  // expected-error@+1 {{failed to infer returned types}}
  %2 = cvt.prepend_class_token %0, %1 : (tensor<?x1x8xf32>, tensor<?x4x8xbf16>) -> tensor<?x5x8xbf16>
  return
}

// -----

// (C1)
func.func @batch(%0: tensor<?x4x4x8xf32>) {
  // expected-error@+1 {{must be batched activation}}
  %1 = cvt.reshape %0 : tensor<?x4x4x8xf32> -> tensor<4x4x?x8xf32>
  return
}

// -----

// (C2)
func.func @channels(%0: tensor<?x4x4x8xf32>) {
  // expected-error@+1 {{cannot regroup 'tensor<?x4x4x8xf32>' as 'tensor<?x32x4xf32>'}}
  %1 = cvt.reshape %0 : tensor<?x4x4x8xf32> -> tensor<?x32x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Class token
//===----------------------------------------------------------------------===//

// class_token (C1)
cvt.weight @cls : tensor<1x4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "cls">
func.func @class_token() {
  // expected-error@+1 {{weight @cls is 'tensor<1x4xf32>', expected 'tensor<1x1x4xf32>'}}
  %0 = cvt.class_token @cls channels 4 : tensor<1x1x4xf32>
  return
}

// -----

// prepend_class_token (C1)
func.func @prepend_class_token(%cls: tensor<1x1x4xf32>, %0: tensor<?x5x8xf32>) {
  // expected-error@+2 {{class token has 4 channels, tokens 8}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.prepend_class_token %cls, %0 : (tensor<1x1x4xf32>, tensor<?x5x8xf32>) -> tensor<?x6x8xf32>
  return
}

// -----

func.func @two_class_tokens(%cls: tensor<1x2x4xf32>, %0: tensor<?x5x4xf32>) {
  // expected-error@+1 {{operand #0 must be class token tensor<?x1xCxf32> or tensor<1x1xCxf32>}}
  %1 = cvt.prepend_class_token %cls, %0 : (tensor<1x2x4xf32>, tensor<?x5x4xf32>) -> tensor<?x7x4xf32>
  return
}

// -----

// drop_class_token (C1)
func.func @drop_class_token(%0: tensor<?x1x4xf32>) {
  // expected-error@+2 {{there is no token but the class token}}
  // expected-error@+1 {{failed to infer returned types}}
  %1 = cvt.drop_class_token %0 : (tensor<?x1x4xf32>) -> tensor<?x1x4xf32>
  return
}
