//===- lowering_passes.cpp - Last changes to a lowered kernel -------------===//

#include "compiler/kernels/lowering_passes.h"

#include "compiler/kernels/lane_words.h"

#include <map>
#include <string>

using namespace Halide;
using namespace Halide::Internal;

namespace cvt::kernels {

namespace {

class DropAsserts : public IRMutator {
  using IRMutator::visit;
  Stmt visit(const AssertStmt *) override { return Evaluate::make(0); }
};

class FreeInOrder : public IRMutator {
  using IRMutator::visit;
  Stmt visit(const Free *) override { return Evaluate::make(0); }
};

/// Rounds vectors of f32 to bf16 with the instruction for it, which Halide
/// does not use for this target.
class RoundInHardware : public IRMutator {
  using IRMutator::visit;
  Expr visit(const Cast *op) override {
    if (!op->type.is_bfloat() || op->type.is_scalar() ||
        op->value.type().element_of() != Float(32))
      return IRMutator::visit(op);
    // Of Halide's runtime, for 32 numbers.
    return Call::make(op->type, "vcvtne2ps2bf16", {mutate(op->value)},
                      Call::PureExtern);
  }
};

/// Multiplies the halves of words as vectors of twice as many numbers, which
/// Halide's front end can not say.
class MultiplyHalves : public IRMutator {
  using IRMutator::visit;
  Expr visit(const Call *op) override {
    if (!op->is_extern() || op->name != kProductsOfHalves)
      return IRMutator::visit(op);
    const Type halves = UInt(16, 2 * op->type.lanes());
    auto half = [&](const Expr &word) {
      return Reinterpret::make(halves, mutate(word));
    };
    return Reinterpret::make(op->type,
                             Call::make(halves, Call::mul_shift_right,
                                        {half(op->args[0]), half(op->args[1]),
                                         make_const(halves, 16)},
                                        Call::PureIntrinsic));
  }
};

/// Numbers all names that are bound inside the kernel in order of appearance.
/// Names of arguments stay.
class NumberNames : public IRMutator {
public:
  using IRMutator::mutate;

private:
  using IRMutator::visit;

  std::string bind(const std::string &name) {
    std::string digits = std::to_string(names.size());
    // Of equal lengths, so that they sort like numbers.
    auto [it, isNew] = names.try_emplace(
        name, "v" + std::string(6 - std::min<size_t>(6, digits.size()), '0') +
                  digits);
    return it->second;
  }
  /// Buffers bring derived names along: "sum.0", "in.stride.1".
  std::string find(const std::string &name) const {
    auto it = names.find(name);
    return it == names.end() ? name : it->second;
  }

  Expr visit(const Variable *op) override {
    return Variable::make(op->type, find(op->name), op->image, op->param,
                          op->reduction_domain);
  }
  Expr visit(const Load *op) override {
    return Load::make(op->type, find(op->name), mutate(op->index), op->image,
                      op->param, mutate(op->predicate), op->alignment);
  }
  Stmt visit(const Store *op) override {
    Expr value = mutate(op->value), index = mutate(op->index);
    return Store::make(find(op->name), value, index, op->param,
                       mutate(op->predicate), op->alignment);
  }
  Expr visit(const Let *op) override {
    Expr value = mutate(op->value);
    std::string name = bind(op->name);
    return Let::make(name, value, mutate(op->body));
  }
  Stmt visit(const LetStmt *op) override {
    Expr value = mutate(op->value);
    std::string name = bind(op->name);
    return LetStmt::make(name, value, mutate(op->body));
  }
  Stmt visit(const For *op) override {
    Expr min = mutate(op->min), extent = mutate(op->extent);
    std::string name = bind(op->name);
    return For::make(name, min, extent, op->for_type, op->partition_policy,
                     op->device_api, mutate(op->body));
  }
  Stmt visit(const Allocate *op) override {
    std::vector<Expr> extents;
    for (const Expr &extent : op->extents)
      extents.push_back(mutate(extent));
    Expr condition = mutate(op->condition);
    std::string name = bind(op->name);
    return Allocate::make(name, op->type, op->memory_type, extents, condition,
                          mutate(op->body), op->new_expr, op->free_function,
                          op->padding);
  }
  Stmt visit(const ProducerConsumer *op) override { return mutate(op->body); }

  std::map<std::string, std::string> names;
};

/// Replaces the names of functions where they are passed on.
class RenameFunctions : public IRMutator {
public:
  std::map<std::string, std::string> names;

private:
  using IRMutator::visit;
  Expr visit(const Variable *op) override {
    auto it = names.find(op->name);
    return it == names.end() ? op : Variable::make(op->type, it->second);
  }
};

} // namespace

void addLoweringPasses(Pipeline &pipeline, CpuTarget target, bool asserts) {
  if (!asserts)
    pipeline.add_custom_lowering_pass(new DropAsserts);
  if (cpuTargetInfo(target).multipliesBf16)
    pipeline.add_custom_lowering_pass(new RoundInHardware);
  pipeline.add_custom_lowering_pass(new MultiplyHalves);
  pipeline.add_custom_lowering_pass(new FreeInOrder);
  pipeline.add_custom_lowering_pass(new NumberNames);
}

Module withTasksNumbered(const Module &module) {
  RenameFunctions renamed;
  auto newName = [&](const LoweredFunc &function) {
    // Code refers to functions by their name with "::" in front.
    auto it = renamed.names.find("::" + function.name);
    return it == renamed.names.end() ? function.name : it->second.substr(2);
  };
  for (const LoweredFunc &function : module.functions())
    if (function.linkage == LinkageType::Internal)
      renamed.names.try_emplace("::" + function.name,
                                "::" + module.name() + "_task" +
                                    std::to_string(renamed.names.size()));
  Module result(module.name(), module.target());
  result.set_any_strict_float(module.any_strict_float());
  for (const LoweredFunc &function : module.functions()) {
    LoweredFunc copy = function;
    copy.name = newName(function);
    copy.body = renamed.mutate(function.body);
    result.append(copy);
  }
  return result;
}

} // namespace cvt::kernels
