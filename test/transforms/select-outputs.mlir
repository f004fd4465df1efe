// RUN: split-file %s %t
// RUN: cvt-opt %t/example.mlir --cvt-select-outputs=outputs=tokens | FileCheck %s --check-prefix=EXAMPLE
// RUN: cvt-opt %t/model.mlir --cvt-select-outputs=outputs=hidden_states,logits | FileCheck %s --check-prefix=HIDDEN
// RUN: cvt-opt %t/model.mlir --cvt-select-outputs=outputs=hidden_states_10,logits,hidden_states_note | FileCheck %s --check-prefix=NAMED
// RUN: cvt-opt %t/model.mlir --cvt-select-outputs=outputs=logits --symbol-dce | FileCheck %s --check-prefix=SYMBOLS

//--- example.mlir

// EXAMPLE-LABEL: func.func @forward
// EXAMPLE-SAME: (%[[X:.*]]: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> attributes {cvt.outputs = ["tokens"]}
// EXAMPLE-NEXT: %[[Y:.*]] = cvt.gelu %[[X]]
// EXAMPLE-NEXT: return %[[Y]] : tensor<?x4x8xf32>
func.func @forward(%x: tensor<?x4x8xf32>) -> (tensor<?x8xf32>, tensor<?x4x8xf32>)
    attributes {cvt.outputs = ["pooled", "tokens"]} {
  %0 = cvt.gelu %x function gelu : tensor<?x4x8xf32>
  %1 = cvt.token_mean %0 : (tensor<?x4x8xf32>) -> tensor<?x8xf32>
  return %1, %0 : tensor<?x8xf32>, tensor<?x4x8xf32>
}

//--- model.mlir

// All hidden states, in the order of the results, take the place of their
// common name; attributes of results go with them.
// HIDDEN: func.func @forward
// HIDDEN-SAME: -> (tensor<?x8xf32> {test.note = "a"}, tensor<?x8xf32>, tensor<?x4xf32>)
// HIDDEN-SAME: cvt.outputs = ["hidden_states_0", "hidden_states_10", "logits"]
// HIDDEN: %[[H0:.*]] = cvt.layer_norm
// HIDDEN: %[[H10:.*]] = cvt.gelu %[[H0]]
// HIDDEN: %[[LOGITS:.*]] = cvt.linear %[[H10]]
// HIDDEN: return %[[H0]], %[[H10]], %[[LOGITS]]

// NAMED: func.func @forward
// NAMED-SAME: -> (tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x8xf32>)
// NAMED-SAME: cvt.outputs = ["hidden_states_10", "logits", "hidden_states_note"]

// SYMBOLS-NOT: @unused_bias
// SYMBOLS: cvt.weight @c
// SYMBOLS: cvt.weight @w
// SYMBOLS-NOT: @unused_bias
cvt.weight @c : tensor<8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "c">
cvt.weight @w : tensor<4x8xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "w">
cvt.weight @unused_bias : tensor<4xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "unused_bias">
func.func @forward(%x: tensor<?x8xf32>)
    -> (tensor<?x4xf32>, tensor<?x8xf32> {test.note = "a"}, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4xf32>)
    attributes {cvt.outputs = ["logits", "hidden_states_0", "hidden_states_note", "hidden_states_10", "biased"]} {
  %0 = cvt.layer_norm %x, @c, @c epsilon 1.0e-5 : tensor<?x8xf32>
  %1 = cvt.gelu %0 function gelu : tensor<?x8xf32>
  %2 = cvt.linear %1, @w features 4 : (tensor<?x8xf32>) -> tensor<?x4xf32>
  %3 = cvt.linear %1, @w bias @unused_bias features 4 : (tensor<?x8xf32>) -> tensor<?x4xf32>
  return %2, %0, %x, %1, %3 : tensor<?x4xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4xf32>
}
