//===- prefetch_pass.cpp - Fetches weights before they are needed ---------===//
//
// The first pass over a block that is not in the cache waits for memory: it
// needs as many bytes in one pass as the next ones together.  Asking for the
// next block during all passes over this one spreads them out.  Halide's own
// prefetch directive asks for the whole block in every pass.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/prefetch_pass.h"

#include "llvm/Support/MathExtras.h"

#include <vector>

using namespace Halide;
using namespace Halide::Internal;

namespace cvt::kernels {

namespace {

constexpr int kCacheLine = 64;

/// How a loop body reads an input: where its first load begins, and whether
/// the body is the innermost loop's.
class ReadFinder : public IRVisitor {
public:
  explicit ReadFinder(const std::string &input) : input(input) {}

  /// In bytes, undefined if there is no load.
  Expr firstByte;
  bool hasLoops = false;

private:
  using IRVisitor::visit;
  void visit(const Load *op) override {
    if (op->name == input && !firstByte.defined()) {
      const Ramp *ramp = op->index.as<Ramp>();
      firstByte = (ramp ? ramp->base : op->index) * op->type.bytes();
    }
    IRVisitor::visit(op);
  }
  void visit(const For *op) override {
    hasLoops = true;
    IRVisitor::visit(op);
  }

  const std::string &input;
};

class Prefetcher : public IRMutator {
public:
  explicit Prefetcher(const StreamedInput &input) : input(input) {}

private:
  using IRMutator::visit;

  Stmt visit(const For *op) override {
    if (ends_with(op->name, "." + input.passLoop)) {
      pass = Variable::make(Int(32), op->name);
      return IRMutator::visit(op);
    }
    ReadFinder read(input.name);
    op->body.accept(&read);
    if (!pass.defined() || !read.firstByte.defined() ||
        !as_const_int(op->extent))
      return IRMutator::visit(op);
    passLoops.push_back(op);
    Stmt result =
        read.hasLoops
            ? IRMutator::visit(op)
            : For::make(op->name, op->min, op->extent, op->for_type,
                        op->partition_policy, op->device_api,
                        Block::make(prefetches(read.firstByte), op->body));
    passLoops.pop_back();
    return result;
  }

  /// The part of the next block for one iteration of the innermost loop.
  Stmt prefetches(const Expr &firstByte) const {
    int64_t iterations = 1;
    Expr iteration = pass, block = firstByte;
    for (const For *loop : passLoops) {
      iterations *= *as_const_int(loop->extent);
      iteration = iteration * loop->extent +
                  (Variable::make(Int(32), loop->name) - loop->min);
      block = substitute(loop->name, loop->min, block);
    }
    const int bytes = static_cast<int>(
        llvm::divideCeil(input.blockBytes, iterations * input.passes));
    Expr next = block + static_cast<int>(input.blockBytes) + iteration * bytes;
    std::vector<Stmt> lines;
    for (int offset = 0; offset < bytes; offset += kCacheLine)
      lines.push_back(Evaluate::make(
          Call::make(UInt(8), Call::prefetch,
                     {Variable::make(Handle(), input.name), next + offset, 1, 1},
                     Call::Intrinsic)));
    return Block::make(lines);
  }

  const StreamedInput input;
  Expr pass;
  /// The loops of one pass around the present statement, outermost first.
  std::vector<const For *> passLoops;
};

} // namespace

void addPrefetch(Pipeline &pipeline, const StreamedInput &input) {
  pipeline.add_custom_lowering_pass(new Prefetcher(input));
}

} // namespace cvt::kernels
