//===- kernel_builder.h - From a KernelSpec to a Halide pipeline ----------===//
//
// What the families have in common: inputs and outputs declared from
// kernelArguments, so that the list that callers see is the one that is
// compiled.  Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_KERNEL_BUILDER_H
#define CVT_COMPILER_KERNELS_KERNEL_BUILDER_H

#include "compiler/kernels/kernel_spec.h"
#include "compiler/kernels/prefetch_pass.h"
#include "compiler/kernels/short_tile_pass.h"

#include <Halide.h>

#include <optional>
#include <string_view>
#include <vector>

namespace cvt::kernels {

/// One kernel while it is being written down.  All functions throw
/// Halide::Error on misuse.
class KernelBuilder {
public:
  explicit KernelBuilder(const KernelSpec &spec);

  /// The input called `name` in kernelArguments, with its known extents and
  /// strides set.
  const Halide::ImageParam &input(std::string_view name) const;

  /// Sets `func` as the next output, or outputs if it has several values; its
  /// pure variables are bounded by the known extents of the argument.
  void output(Halide::Func func);

  /// Has the next block of an input fetched while one is in use.
  void prefetch(StreamedInput input) { streamed = std::move(input); }

  /// Has the last of some register tiles computed with the rows it has.
  void shortTile(RaggedTiles tiles) { ragged = std::move(tiles); }

  /// Of the target.
  int lanes() const { return info.lanes; }
  CpuTarget target() const { return cpuTarget; }
  const Formats &formats() const { return kernelFormats; }

  /// How many numbers are multiplied side by side: see kernels::interleave.
  int interleave() const {
    return static_cast<int>(kernels::interleave(kernelFormats.math, cpuTarget));
  }

  /// What numbers of the kernel's format are when they are multiplied: of the
  /// format itself or, if `widens`, of a wider one that the target multiplies.
  Halide::Type operandType() const;
  bool widens() const;

  /// The f32 `value` rounded to the kernel's format, as an operandType().
  Halide::Expr toOperand(const Halide::Expr &value) const;

  /// The f32 `value` rounded to the format of the kernel's outputs.
  Halide::Expr toOutput(const Halide::Expr &value) const;

  Halide::Pipeline pipeline() const;
  std::vector<Halide::Argument> arguments() const;

private:
  const CpuTarget cpuTarget;
  const CpuTargetInfo &info;
  const Formats kernelFormats;
  std::vector<KernelArgument> signature;
  std::vector<Halide::ImageParam> inputs;
  std::vector<Halide::Func> outputs;
  std::optional<StreamedInput> streamed;
  std::optional<RaggedTiles> ragged;
  /// Of `signature`, counting from the first output.
  size_t outputArguments = 0;
};

// Each defines and schedules its family's outputs.
void buildKernel(KernelBuilder &builder, const LinearSpec &spec);
void buildKernel(KernelBuilder &builder, const ConvSpec &spec);
void buildKernel(KernelBuilder &builder, const DepthwiseConvSpec &spec);
void buildKernel(KernelBuilder &builder, const AttentionSpec &spec);
void buildKernel(KernelBuilder &builder, const LayerNormSpec &spec);
void buildKernel(KernelBuilder &builder, const ElementwiseSpec &spec);
void buildKernel(KernelBuilder &builder, const CopySpec &spec);
void buildKernel(KernelBuilder &builder, const ToNchwSpec &spec);
void buildKernel(KernelBuilder &builder, const TokenMeanSpec &spec);
void buildKernel(KernelBuilder &builder, const AvgPoolSpec &spec);
void buildKernel(KernelBuilder &builder, const QuantizeSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_KERNEL_BUILDER_H
