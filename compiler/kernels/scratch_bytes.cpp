//===- scratch_bytes.cpp - What a kernel takes from halide_malloc ---------===//

#include "compiler/kernels/scratch_bytes.h"

#include "runtime/include/cvt/abi.h"

using namespace Halide;
using namespace Halide::Internal;

namespace cvt::kernels {

namespace {

/// Halide keeps allocations of constant size up to this on the stack, unless
/// they ask for the heap (its can_allocation_fit_on_stack).
constexpr int64_t kStackLimit = 16 * 1024;

class AllocationCounter : public IRVisitor {
public:
  int64_t bytes = 0;

private:
  using IRVisitor::visit;

  void visit(const Allocate *op) override {
    IRVisitor::visit(op);
    if (op->new_expr.defined())
      return;
    int64_t elements = op->constant_allocation_size();
    if (elements == 0)
      throw CompileError("allocation " + op->name + " has no constant size");
    int64_t size = (elements + op->padding) * op->type.bytes();
    bool onStack = op->memory_type == MemoryType::Stack ||
                   op->memory_type == MemoryType::Register ||
                   (op->memory_type == MemoryType::Auto && size <= kStackLimit);
    if (!onStack)
      bytes += CVT_SCRATCH_BYTES(size);
  }
};

} // namespace

int64_t scratchBytes(const Module &module) {
  AllocationCounter counter;
  for (const LoweredFunc &function : module.functions())
    function.body.accept(&counter);
  return counter.bytes;
}

} // namespace cvt::kernels
