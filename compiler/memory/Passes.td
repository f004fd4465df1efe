//===- Passes.td - Memory planning ----------------------------------------===//

#ifndef CVT_COMPILER_MEMORY_PASSES
#define CVT_COMPILER_MEMORY_PASSES

include "mlir/Pass/PassBase.td"

def PlanMemory : Pass<"cvt-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every buffer a place in one arena, every weight one in the weights section";
  let description = [{
    Takes a module after `convert-cvt-to-kernels`.  Leaves functions of
    `(arena, weights, inputs…, outputs…, batch)` without tensors: each launch
    works on `cvt.view`s.  Buffers whose lifetimes do not overlap share bytes;
    all offsets are multiples of CVT_BUFFER_ALIGNMENT and linear in the batch,
    so one plan serves every batch.  Token views cost nothing: they are windows
    on the buffer of the tokens they belong to.  A linear layer writes its sum
    over its residual, where nothing needs that behind it.  Results of a
    function are written straight into the caller's outputs.

    Sets `cvt.arena_bytes_per_image` on each function, `cvt.section_offset` on
    each weight in use and `cvt.section_bytes` on the module.  Fails when a
    buffer of `max-batch` images has more elements than kernels can index.

    Examples: see test/memory/plan-memory.mlir and residual-in-place.mlir.
  }];
  let options = [
    Option<"maxBatch", "max-batch", "int64_t", /*default=*/"8",
           "largest batch that the model will be run with">,
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

#endif // CVT_COMPILER_MEMORY_PASSES
