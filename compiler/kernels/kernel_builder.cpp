//===- kernel_builder.cpp - From a KernelSpec to a Halide pipeline --------===//

#include "compiler/kernels/kernel_builder.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>

using namespace Halide;

namespace cvt::kernels {

/// What is known of a buffer at compile time, told to Halide: mins and extents
/// only if `setExtents` (Halide derives those of a tuple's other values
/// itself).
static void constrain(OutputImageParam buffer, const KernelArgument &argument,
                      bool setExtents = true) {
  int stride = 1;
  for (size_t d = 0; d < argument.extents.size(); d++) {
    Internal::Dimension dim = buffer.dim(static_cast<int>(d));
    if (static_cast<int64_t>(d) < argument.denseDims)
      dim.set_stride(stride);
    else
      dim.set_stride(Expr());
    if (setExtents)
      dim.set_min(0);
    if (argument.extents[d] == kRuntimeExtent)
      continue;
    if (setExtents)
      dim.set_extent(static_cast<int>(argument.extents[d]));
    stride *= static_cast<int>(argument.extents[d]);
  }
}

static Type halideType(Element element) {
  switch (element) {
  case Element::F32:
    return Float(32);
  case Element::Bf16:
    return BFloat(16);
  case Element::U8:
    return UInt(8);
  case Element::I8:
    return Int(8);
  }
  return Type();
}

KernelBuilder::KernelBuilder(const KernelSpec &spec)
    : cpuTarget(spec.target), info(cpuTargetInfo(spec.target)),
      kernelFormats(spec.formats), signature(kernelArguments(spec)) {
  for (const KernelArgument &argument : signature) {
    if (argument.role != ArgumentRole::Input)
      continue;
    ImageParam &param = inputs.emplace_back(
        halideType(argument.element), static_cast<int>(argument.extents.size()),
        argument.name);
    constrain(param, argument);
  }
}

const ImageParam &KernelBuilder::input(std::string_view name) const {
  auto it = llvm::find_if(
      inputs, [&](const ImageParam &param) { return param.name() == name; });
  assert(it != inputs.end() && "not an input of this family");
  return *it;
}

bool KernelBuilder::widens() const {
  return interleave() * elementBytes(kernelFormats.math) < 4;
}

Type KernelBuilder::operandType() const {
  const Type format = halideType(kernelFormats.math);
  if (!widens())
    return format;
  return format.is_bfloat() ? Float(32) : Int(16);
}

Expr KernelBuilder::toOperand(const Expr &value) const {
  return cast(operandType(), cast(halideType(kernelFormats.math), value));
}

Expr KernelBuilder::toOutput(const Expr &value) const {
  return cast(halideType(kernelFormats.out), value);
}

void KernelBuilder::output(Func func) {
  bool first = true;
  for (const OutputImageParam &buffer : func.output_buffers()) {
    constrain(buffer, signature[inputs.size() + outputArguments++], first);
    first = false;
  }
  const KernelArgument &last = signature[inputs.size() + outputArguments - 1];
  for (size_t d = 0; d < last.extents.size(); d++)
    if (last.extents[d] != kRuntimeExtent)
      func.bound(func.args()[d], 0, static_cast<int>(last.extents[d]));
  outputs.push_back(std::move(func));
}

Pipeline KernelBuilder::pipeline() const {
  Pipeline pipeline(outputs);
  if (streamed)
    addPrefetch(pipeline, *streamed);
  if (ragged)
    addShortTile(pipeline, *ragged);
  return pipeline;
}

std::vector<Argument> KernelBuilder::arguments() const {
  return {inputs.begin(), inputs.end()};
}

} // namespace cvt::kernels
