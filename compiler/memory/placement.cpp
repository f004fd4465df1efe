//===- placement.cpp - Which buffer each value lives in, and where --------===//

#include "compiler/memory/placement.h"

#include "dialect/CvtDialect.h"

using namespace mlir;
using namespace cvt;

Placements::Placements(func::FuncOp function) {
  for (auto [index, argument] : llvm::enumerate(function.getArguments()))
    placements[argument] = {
        addBuffer(ValueBuffer::Kind::Input, index, argument), 0};
  placeOutputs(function);
  placePrepended(function);
  for (Operation &op : function.getBody().front()) {
    if (isa<LaunchOp>(op))
      placeResults(op);
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

void Placements::placeResults(Operation &op) {
  for (Value result : op.getResults())
    if (!placements.contains(result))
      placements[result] = {addBuffer(ValueBuffer::Kind::Arena, 0, result), 0};
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
        auto found = placements.find(value);
        if (found == placements.end())
          return; // a weight
        ValueBuffer &buffer = allBuffers[found->second.buffer];
        buffer.firstUse = std::min(buffer.firstUse, position);
        buffer.lastUse = std::max(buffer.lastUse, position);
      };
      llvm::for_each(op.getOperands(), touch);
      llvm::for_each(op.getResults(), touch);
    }
    ++position;
  }
}
