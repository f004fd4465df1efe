// RUN: split-file %s %t
// RUN: not cvt-opt %t/model.mlir --cvt-select-outputs=outputs=logits,pooled 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not cvt-opt %t/model.mlir --cvt-select-outputs=outputs=hidden_states,hidden_states_1 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not cvt-opt %t/model.mlir --cvt-select-outputs 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not cvt-opt %t/plain.mlir --cvt-select-outputs=outputs=hidden_states 2>&1 | FileCheck %s --check-prefix=NO-STATES
// RUN: not cvt-opt %t/unnamed.mlir --cvt-select-outputs=outputs=logits 2>&1 | FileCheck %s --check-prefix=UNNAMED
// RUN: not cvt-opt %t/empty.mlir --cvt-select-outputs=outputs=logits 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not cvt-opt %t/declared.mlir --cvt-select-outputs=outputs=logits 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not cvt-opt %t/endless.mlir --cvt-select-outputs=outputs=logits 2>&1 | FileCheck %s --check-prefix=ENDLESS

//--- model.mlir
// UNKNOWN: error: 'func.func' op has no output 'pooled'; its outputs are: logits, hidden_states_0, hidden_states_1, hidden_states
// TWICE: error: 'func.func' op is asked twice for output 'hidden_states_1'
// NONE: error: 'func.func' op must keep at least one output
func.func @forward(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
    attributes {cvt.outputs = ["logits", "hidden_states_0", "hidden_states_1"]} {
  return %x, %x, %x : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

//--- plain.mlir
// NO-STATES: error: 'func.func' op has no output 'hidden_states'; its outputs are: logits{{$}}
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {cvt.outputs = ["logits"]} {
  return %x : tensor<?x8xf32>
}

//--- unnamed.mlir
// UNNAMED: error: 'func.func' op must name each of its 2 results in 'cvt.outputs'
func.func @forward(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  return %x, %x : tensor<?x8xf32>, tensor<?x8xf32>
}

//--- empty.mlir
// EMPTY: error: needs a function @forward of one block
module {}

//--- declared.mlir
func.func private @forward(tensor<?x8xf32>) -> tensor<?x8xf32>

//--- endless.mlir
// ENDLESS: error: 'func.func' op must end in func.return
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {cvt.outputs = ["logits"]} {
  llvm.unreachable
}
