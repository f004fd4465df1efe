//===- placement.cpp - Which buffer each value lives in, and where --------===//

#include "compiler/memory/placement.h"

#include "compiler/memory/verify_plannable.h"

using namespace mlir;
using namespace cvt;

Placements::Placements(func::FuncOp function) {
  for (auto [index, argument] : llvm::enumerate(function.getArguments()))
    placements[argument] = {
        addBuffer(ValueBuffer::Kind::Input, index, argument), 0};
  placeOutputs(function);
  placePrepended(function);
  for (Operation &op : function.getBody().front()) {
    if (auto launch = dyn_cast<LaunchOp>(op))
      placeResults(launch);
    else
      resolveView(op);
  }
  extendLifetimes(function);
}

unsigned Placements::addBuffer(ValueBuffer::Kind kind, unsigned index,
                               Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  allBuffers.push_back({kind, index, imageElements(value),
                        type.getElementTypeBitWidth() / 8,
                        std::numeric_limits<int64_t>::max(), -1});
  return allBuffers.size() - 1;
}

void Placements::placeOutputs(func::FuncOp function) {
  auto returned =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  for (auto [index, value] : llvm::enumerate(returned.getOperands()))
    placements[stripReshapes(value)] = {
        addBuffer(ValueBuffer::Kind::Output, index, value), 0};
}

/// What is prepended is written straight into the longer tokens.
void Placements::placePrepended(func::FuncOp function) {
  function.walk([&](PrependClassTokenOp op) {
    unsigned buffer = addBuffer(ValueBuffer::Kind::Arena, 0, op.getOutput());
    placements[op.getOutput()] = {buffer, 0};
    placements[stripReshapes(op.getClassToken())] = {buffer, 0};
    placements[stripReshapes(op.getTokens())] = {buffer,
                                                 channelsOf(op.getOutput())};
  });
}

void Placements::placeResults(LaunchOp launch) {
  for (Value result : launch.getResults()) {
    if (placements.contains(result))
      continue;
    std::optional<unsigned> buffer = replacedResidual(launch);
    if (!buffer)
      buffer = addBuffer(ValueBuffer::Kind::Arena, 0, result);
    placements[result] = {*buffer, 0};
  }
}

/// None of a weight.
std::optional<unsigned> Placements::bufferOf(Value value) const {
  const auto found = placements.find(value);
  if (found == placements.end())
    return std::nullopt;
  return found->second.buffer;
}

/// The buffer of the residual that a linear layer adds, if nothing else is in
/// it that is needed: the kernel may write the sum over it, and finds its lines
/// in the cache.
std::optional<unsigned> Placements::replacedResidual(LaunchOp launch) const {
  std::optional<kernels::KernelSpec> spec =
      kernels::parseSymbolName(launch.getKernel());
  const auto *linear = std::get_if<kernels::LinearSpec>(&spec->family);
  if (!linear || !linear->residual)
    return std::nullopt;
  const Value residual = launch.getInputs().back();
  const std::optional<unsigned> index = bufferOf(residual);
  if (!index || isUsedBehind(*index, launch))
    return std::nullopt;
  const ValueBuffer &buffer = allBuffers[*index];
  const bool isWhole = imageElements(residual) == buffer.imageElements;
  const bool isMultiplied =
      llvm::any_of(launch.getInputs().drop_back(),
                   [&](Value input) { return bufferOf(input) == index; });
  if (buffer.kind != ValueBuffer::Kind::Arena || !isWhole || isMultiplied)
    return std::nullopt;
  return index;
}

/// Whether an op behind `op` takes what lies in the buffer so far.
bool Placements::isUsedBehind(unsigned buffer, Operation *op) const {
  return llvm::any_of(placements, [&](const auto &placed) {
    const auto &[value, placement] = placed;
    return placement.buffer == buffer &&
           llvm::any_of(value.getUsers(), [&](Operation *user) {
             return op->isBeforeInBlock(user);
           });
  });
}

/// Weights and terminators have no placement of their own.
void Placements::resolveView(Operation &op) {
  if (!isa<ReshapeOp, TakeClassTokenOp, DropClassTokenOp>(op))
    return;
  Value result = op.getResult(0);
  Placement placement = of(op.getOperand(0));
  if (isa<DropClassTokenOp>(op))
    placement.offset += channelsOf(result);
  placements[result] = placement;
}

void Placements::extendLifetimes(func::FuncOp function) {
  int64_t position = 0;
  for (Operation &op : function.getBody().front()) {
    if (isa<LaunchOp>(op)) {
      auto touch = [&](Value value) {
        const std::optional<unsigned> index = bufferOf(value);
        if (!index)
          return;
        ValueBuffer &buffer = allBuffers[*index];
        buffer.firstUse = std::min(buffer.firstUse, position);
        buffer.lastUse = std::max(buffer.lastUse, position);
      };
      llvm::for_each(op.getOperands(), touch);
      llvm::for_each(op.getResults(), touch);
    }
    ++position;
  }
}
