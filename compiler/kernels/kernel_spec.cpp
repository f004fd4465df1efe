//===- kernel_spec.cpp - Validity, arguments and cost of kernel specs -----===//

#include "compiler/kernels/kernel_spec.h"

#include "compiler/kernels/matmul_tile.h"
#include "compiler/kernels/spec_fields.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

namespace cvt::kernels {

namespace {

// Small enough for products of one extent and the square of a window, or of
// two extents, to fit into 64 bits.
constexpr int64_t kMaxExtent = int64_t(1) << 24;
constexpr int64_t kMaxWindow = int64_t(1) << 12;
/// Halide's index type is int32.
constexpr int64_t kMaxElements = std::numeric_limits<int32_t>::max();

llvm::Error specError(const KernelSpec &spec, const std::string &what) {
  return llvm::createStringError(
      "kernel spec " + std::string(kFamilyNames[spec.family.index()]) + ": " +
      what);
}

/// Remembers the first field out of range.
struct RangeChecker {
  std::string error;

  void number(std::string_view name, int64_t value, int64_t least,
              int64_t most = kMaxExtent) {
    if (error.empty() && (value < least || value > most))
      error = std::string(name) + " is " + std::to_string(value) +
              ", but must be from " + std::to_string(least) + " to " +
              std::to_string(most);
  }
  void window(std::string_view name, int64_t value, int64_t least) {
    number(name, value, least, kMaxWindow);
  }
  void flag(std::string_view, bool) {}
  template <class Names, class Enum> void option(const Names &names, Enum v) {
    if (error.empty() && static_cast<size_t>(v) >= names.size())
      error = "an enumeration has a value without a name";
  }
  template <class Names, class Enum> void word(const Names &names, Enum v) {
    option(names, v);
  }
  void bits(std::string_view name, float value) {
    if (error.empty() && !std::isfinite(value))
      error = std::string(name) + " is not finite";
  }
  void list(const std::vector<StridePadding> &outputs) {
    if (error.empty() && (outputs.empty() || outputs.size() > 3))
      error = "there are " + std::to_string(outputs.size()) +
              " outputs, but must be 1 to 3";
    for (const StridePadding &o : outputs) {
      window("s", o.stride, 1);
      window("p", o.padding, 0);
    }
  }
};

/// What is wrong with the relation between fields, each of which is in range.
struct RelationChecker {
  static std::string windowFits(int64_t height, int64_t width, int64_t kernel,
                                int64_t padding) {
    if (std::min(height, width) + 2 * padding >= kernel)
      return "";
    return "a kernel of " + std::to_string(kernel) +
           " does not fit into an image of " + std::to_string(height) + "x" +
           std::to_string(width) + " with a padding of " +
           std::to_string(padding);
  }
  std::string operator()(const ConvSpec &s) const {
    return windowFits(s.height, s.width, s.kernel, s.padding);
  }
  std::string operator()(const DepthwiseConvSpec &s) const {
    for (const StridePadding &o : s.outputs)
      if (std::string e = windowFits(s.height, s.width, s.kernel, o.padding);
          !e.empty())
        return e;
    return "";
  }
  std::string operator()(const AvgPoolSpec &s) const {
    if (2 * s.padding > s.kernel)
      return "padding is " + std::to_string(s.padding) +
             ", but must be at most half of the kernel's " +
             std::to_string(s.kernel);
    for (int64_t extent : {s.height, s.width})
      if (avgPoolOutputExtent(extent, s.kernel, s.stride, s.padding) < 1)
        return windowFits(s.height, s.width, s.kernel, s.padding);
    return "";
  }
  template <class Spec> std::string operator()(const Spec &) const {
    return "";
  }
};

int64_t panelWidth(int64_t n, CpuTarget target) {
  return matmulTile(n, /*m=*/1, target).columns;
}

/// Collects a kernel's arguments.
class ArgumentList {
public:
  void input(std::string name, std::vector<int64_t> extents, int64_t dense) {
    add(std::move(name), ArgumentRole::Input, std::move(extents), dense);
  }
  void output(std::string name, std::vector<int64_t> extents, int64_t dense) {
    add(std::move(name), ArgumentRole::Output, std::move(extents), dense);
  }
  void weights(int64_t n, int64_t k, bool bias, int64_t panelWidth) {
    int64_t panels = llvm::divideCeil(n, panelWidth);
    input("w", {panelWidth, k, panels}, 3);
    if (bias)
      input("bias", {panels * panelWidth}, 1);
  }
  /// (channels, tokens, B)
  void tokens(ArgumentRole role, std::string name, int64_t channels,
              int64_t count) {
    add(std::move(name), role, {channels, count, kRuntimeExtent}, 1);
  }
  /// (channels, x, y, B), an image dense
  void image(ArgumentRole role, std::string name, int64_t channels,
             int64_t width, int64_t height) {
    add(std::move(name), role, {channels, width, height, kRuntimeExtent}, 3);
  }
  std::vector<KernelArgument> take() { return std::move(list); }

private:
  void add(std::string name, ArgumentRole role, std::vector<int64_t> extents,
           int64_t dense) {
    list.push_back({std::move(name), role, std::move(extents), dense});
  }
  std::vector<KernelArgument> list;
};

struct ArgumentBuilder {
  ArgumentList &list;
  CpuTarget target;

  static constexpr ArgumentRole kIn = ArgumentRole::Input;
  static constexpr ArgumentRole kOut = ArgumentRole::Output;

  void operator()(const LinearSpec &s) {
    list.input("a", {s.k, kRuntimeExtent}, 1);
    list.weights(s.n, s.k, s.bias, panelWidth(s.n, target));
    if (s.residual)
      list.input("residual", {s.n, kRuntimeExtent}, 1);
    list.output("out", {s.n, kRuntimeExtent}, 1);
  }
  void operator()(const ConvSpec &s) {
    if (s.layout == ImageLayout::Nchw)
      list.image(kIn, "in", s.width, s.height, s.channels);
    else
      list.image(kIn, "in", s.channels, s.width, s.height);
    list.weights(s.n, s.channels * s.kernel * s.kernel, s.bias,
                 panelWidth(s.n, target));
    int64_t pixels = convOutputExtent(s.width, s.kernel, s.stride, s.padding) *
                     convOutputExtent(s.height, s.kernel, s.stride, s.padding);
    list.output("out", {s.n, pixels, kRuntimeExtent}, 2);
  }
  void operator()(const DepthwiseConvSpec &s) {
    list.image(kIn, "in", s.channels, s.width, s.height);
    for (size_t j = 0; j < s.outputs.size(); j++) {
      list.input("w" + std::to_string(j), {s.channels, s.kernel, s.kernel}, 3);
      list.input("bias" + std::to_string(j), {s.channels}, 1);
    }
    for (auto [j, o] : llvm::enumerate(s.outputs))
      list.image(kOut, "out" + std::to_string(j), s.channels,
                 convOutputExtent(s.width, s.kernel, o.stride, o.padding),
                 convOutputExtent(s.height, s.kernel, o.stride, o.padding));
  }
  void operator()(const AttentionSpec &s) {
    int64_t channels = s.heads * s.headDim;
    list.tokens(kIn, "q", channels, s.queries);
    list.input("k", {channels, s.keys, kRuntimeExtent}, 2);
    list.input("v", {channels, s.keys, kRuntimeExtent}, 2);
    list.tokens(kOut, "out", channels, s.queries);
  }
  void operator()(const LayerNormSpec &s) {
    list.tokens(kIn, "x", s.channels, s.tokens);
    list.input("gamma", {s.channels}, 1);
    list.input("beta", {s.channels}, 1);
    list.tokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const ElementwiseSpec &s) {
    list.tokens(kIn, "x", s.channels, s.tokens);
    if (s.op == ElementwiseOp::Add)
      list.tokens(kIn, "y", s.channels, s.tokens);
    list.tokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const CopySpec &s) {
    list.tokens(kIn, "in", s.channels, s.tokens);
    list.tokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const ToNchwSpec &s) {
    list.tokens(kIn, "in", s.channels, s.tokens);
    list.tokens(kOut, "out", s.tokens, s.channels);
  }
  void operator()(const TokenMeanSpec &s) {
    list.tokens(kIn, "in", s.channels, s.tokens);
    list.tokens(kOut, "out", s.channels, 1);
  }
  void operator()(const AvgPoolSpec &s) {
    list.image(kIn, "in", s.channels, s.width, s.height);
    list.image(kOut, "out", s.channels,
               avgPoolOutputExtent(s.width, s.kernel, s.stride, s.padding),
               avgPoolOutputExtent(s.height, s.kernel, s.stride, s.padding));
  }
};

/// Elements of one image; linear's M counts as `rows`.
int64_t elementsPerImage(const KernelArgument &argument, int64_t rows) {
  int64_t count = 1;
  for (int64_t extent : argument.extents)
    count *= extent == kRuntimeExtent ? rows : extent;
  return count;
}

int64_t rowsPerImage(const KernelSpec &spec) {
  const auto *linear = std::get_if<LinearSpec>(&spec.family);
  return linear ? linear->m : 1;
}

struct FlopCounter {
  int64_t outputs;

  int64_t operator()(const LinearSpec &s) const { return 2 * s.k * outputs; }
  int64_t operator()(const ConvSpec &s) const {
    return 2 * s.channels * s.kernel * s.kernel * outputs;
  }
  int64_t operator()(const DepthwiseConvSpec &s) const {
    return 2 * s.kernel * s.kernel * outputs;
  }
  int64_t operator()(const AttentionSpec &s) const {
    return 4 * s.keys * outputs;
  }
  int64_t operator()(const LayerNormSpec &) const { return 7 * outputs; }
  int64_t operator()(const ElementwiseSpec &) const { return outputs; }
  int64_t operator()(const CopySpec &) const { return 0; }
  int64_t operator()(const ToNchwSpec &) const { return 0; }
  int64_t operator()(const TokenMeanSpec &s) const {
    return s.tokens * outputs;
  }
  int64_t operator()(const AvgPoolSpec &s) const {
    return s.kernel * s.kernel * outputs;
  }
};

} // namespace

llvm::Error verifyKernelSpec(const KernelSpec &spec) {
  if (llvm::find(kCpuTargets, spec.target) == std::end(kCpuTargets))
    return specError(spec, "the target does not exist");
  RangeChecker ranges;
  std::visit([&](auto family) { visitFields(family, ranges); }, spec.family);
  if (!ranges.error.empty())
    return specError(spec, ranges.error);
  std::string relation = std::visit(RelationChecker(), spec.family);
  if (!relation.empty())
    return specError(spec, relation);

  int64_t rows = rowsPerImage(spec);
  for (const KernelArgument &argument : kernelArguments(spec)) {
    int64_t elements = 1;
    for (int64_t extent : argument.extents)
      if (llvm::MulOverflow(elements, extent == kRuntimeExtent ? rows : extent,
                            elements) ||
          elements > kMaxElements)
        return specError(spec, "buffer " + argument.name +
                                   " has more than 2^31 - 1 elements");
  }
  return llvm::Error::success();
}

int64_t convOutputExtent(int64_t input, int64_t kernel, int64_t stride,
                         int64_t padding) {
  return (input + 2 * padding - kernel) / stride + 1;
}

int64_t avgPoolOutputExtent(int64_t input, int64_t kernel, int64_t stride,
                            int64_t padding) {
  int64_t count =
      llvm::divideCeilSigned(input + 2 * padding - kernel, stride) + 1;
  // The last window must start inside the input or the left padding.
  if ((count - 1) * stride >= input + padding)
    count--;
  return count;
}

int64_t packedPanelWidth(const KernelSpec &spec) {
  if (const auto *linear = std::get_if<LinearSpec>(&spec.family))
    return panelWidth(linear->n, spec.target);
  return panelWidth(std::get<ConvSpec>(spec.family).n, spec.target);
}

std::vector<KernelArgument> kernelArguments(const KernelSpec &spec) {
  ArgumentList list;
  std::visit(ArgumentBuilder{list, spec.target}, spec.family);
  return list.take();
}

int64_t flopsPerImage(const KernelSpec &spec) {
  int64_t outputs = 0;
  for (const KernelArgument &argument : kernelArguments(spec))
    if (argument.role == ArgumentRole::Output)
      outputs += elementsPerImage(argument, rowsPerImage(spec));
  return std::visit(FlopCounter{outputs}, spec.family);
}

int64_t bytesPerImage(const KernelSpec &spec) {
  int64_t elements = 0;
  for (const KernelArgument &argument : kernelArguments(spec))
    elements += elementsPerImage(argument, rowsPerImage(spec));
  return elements * sizeof(float);
}

} // namespace cvt::kernels
