//===- prefetch_pass.cpp - Fetches weights before they are needed ---------===//
//
// The first pass over a block that is not in the cache waits for memory: it
// needs as many bytes in one pass as the next ones together.  Asking for the
// next block during all passes over this one spreads them out.  Halide's own
// prefetch directive asks for the whole block in every pass.
//
//===----------------------------------------------------------------------===//

#include "compiler/kernels/prefetch_pass.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <optional>
#include <utility>

using namespace Halide;
using namespace Halide::Internal;

namespace cvt::kernels {

namespace {

constexpr int kCacheLine = 64;

/// How a loop body reads an input: where the load from the least address
/// begins, and whether the body is the innermost loop's.
class ReadFinder : public IRVisitor {
public:
  explicit ReadFinder(const std::string &input) : input(input) {}

  /// In bytes, undefined if there is no load.
  Expr firstByte;
  bool hasLoops = false;

private:
  using IRVisitor::visit;
  void visit(const Load *op) override {
    if (op->name == input) {
      const Ramp *ramp = op->index.as<Ramp>();
      Expr byte = (ramp ? ramp->base : op->index) * op->type.bytes();
      for (const auto &[name, value] : llvm::reverse(lets))
        byte = substitute(name, value, byte);
      if (!firstByte.defined() || is_negative_const(simplify(byte - firstByte)))
        firstByte = byte;
    }
    IRVisitor::visit(op);
  }
  void visit(const Let *op) override { visitLet(op); }
  void visit(const LetStmt *op) override { visitLet(op); }
  void visit(const For *op) override {
    hasLoops = true;
    IRVisitor::visit(op);
  }

  template <typename LetNode> void visitLet(const LetNode *op) {
    op->value.accept(this);
    lets.emplace_back(op->name, op->value);
    op->body.accept(this);
    lets.pop_back();
  }

  const std::string &input;
  /// Around what is visited: they have no meaning outside of the body.
  std::vector<std::pair<std::string, Expr>> lets;
};

class Prefetcher : public IRMutator {
public:
  explicit Prefetcher(const StreamedInput &input) : input(input) {}

private:
  using IRMutator::visit;

  Stmt visit(const For *op) override {
    const Expr outerPass = pass;
    if (ends_with(op->name, "." + input.passLoop))
      pass = Variable::make(Int(32), op->name);
    const std::optional<int64_t> offset = offsetOfBlock(*op);
    Stmt result = pass.defined() && offset ? withPrefetches(op, *offset)
                                           : IRMutator::visit(op);
    pass = outerPass;
    return result;
  }

  /// From the first byte that `loop` reads to what it asks for, if it does.
  std::optional<int64_t> offsetOfBlock(const For &loop) const {
    if (input.readers.empty())
      return 0;
    for (const StreamedInput::Reader &reader : input.readers)
      if (starts_with(loop.name, reader.function + "."))
        return reader.offset;
    return std::nullopt;
  }

  Stmt withPrefetches(const For *op, int64_t offset) {
    ReadFinder read(input.name);
    op->body.accept(&read);
    const std::optional<int64_t> iterations = as_const_int(op->extent);
    if (read.hasLoops || !read.firstByte.defined() || !iterations)
      return IRMutator::visit(op);
    Expr block = substitute(op->name, op->min, read.firstByte) +
                 static_cast<int>(offset);
    return For::make(op->name, op->min, op->extent, op->for_type,
                     op->partition_policy, op->device_api,
                     Block::make(prefetches(op, *iterations, block), op->body));
  }

  /// One iteration's part of the block behind `block`.
  Stmt prefetches(const For *loop, int64_t iterations,
                  const Expr &block) const {
    const int bytes = static_cast<int>(
        llvm::divideCeil(input.blockBytes, iterations * input.passes));
    Expr iteration = Variable::make(Int(32), loop->name) - loop->min;
    Expr next = block + input.stride +
                (pass * static_cast<int>(iterations) + iteration) * bytes;
    std::vector<Stmt> lines;
    for (int offset = 0; offset < bytes; offset += kCacheLine)
      lines.push_back(Evaluate::make(Call::make(
          UInt(8), Call::prefetch,
          {Variable::make(Handle(), input.name), next + offset, 1, 1},
          Call::Intrinsic)));
    return Block::make(lines);
  }

  const StreamedInput input;
  Expr pass;
};

} // namespace

void addPrefetch(Pipeline &pipeline, const StreamedInput &input) {
  pipeline.add_custom_lowering_pass(new Prefetcher(input));
}

} // namespace cvt::kernels
