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
  Element math;
  CpuTarget target;

  /// Of a row of `k` inputs.
  std::string interleaves(int64_t k) const {
    if (k % interleave(math, target) == 0)
      return "";
    return std::to_string(k) + " inputs are not a multiple of " +
           std::to_string(interleave(math, target)) + ", as " +
           std::string(kElementNames[static_cast<size_t>(math)]) + " needs";
  }
  /// Of sums of `count` products.
  std::string bytesFit(int64_t count) const {
    if (math != Element::I8 || count <= kMaxByteProducts)
      return "";
    return "sums of more than " + std::to_string(kMaxByteProducts) +
           " products of bytes do not fit into 32 bits";
  }
  std::string operator()(const LinearSpec &s) const {
    std::string e = bytesFit(s.k);
    return e.empty() ? interleaves(s.k) : e;
  }
  std::string operator()(const AttentionSpec &s) const {
    std::string e = bytesFit(std::max(s.headDim, s.keys));
    return e.empty() ? interleaves(s.headDim) : e;
  }
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
    // Of nchw, neighbours in x are side by side, and there may be zeros.
    if (s.layout == ImageLayout::Nhwc)
      for (std::string e : {bytesFit(s.channels), interleaves(s.channels)})
        if (!e.empty())
          return e;
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

/// Whether a family has kernels of some formats.
struct FormatChecker {
  Formats f;

  static bool isFloat(Element e) {
    return e == Element::F32 || e == Element::Bf16;
  }
  bool isF32() const { return f == Formats(); }

  bool operator()(const LinearSpec &s) const {
    if (f.math != Element::F32)
      return f.in == Formats::of(f.math).in && isFloat(f.out) &&
             (!s.residual || f.out == Element::F32);
    return isF32();
  }
  /// Reads pictures or the residual stream, whatever it multiplies.
  bool operator()(const ConvSpec &s) const {
    const bool hasMath = isFloat(f.math) || (f.math == Element::I8 &&
                                             s.layout == ImageLayout::Nhwc);
    return hasMath && f == Formats{f.math, Element::F32, Element::F32};
  }
  bool operator()(const DepthwiseConvSpec &) const {
    return f.math == Element::F32 && isFloat(f.in) && isFloat(f.out);
  }
  bool operator()(const AttentionSpec &) const {
    if (f.math == Element::I8)
      return f.in == Element::Bf16 && isFloat(f.out);
    return (f.math == f.in || f.math == Element::F32) && isFloat(f.in) &&
           isFloat(f.out);
  }
  bool operator()(const LayerNormSpec &) const {
    return f.math == Element::F32 && f.in == Element::F32 && isFloat(f.out);
  }
  bool operator()(const CopySpec &) const {
    return isFloat(f.math) && f == Formats::of(f.math);
  }
  bool operator()(const QuantizeSpec &) const {
    return f.math == Element::F32 && isFloat(f.in) && f.out == Element::U8;
  }
  template <class Spec> bool operator()(const Spec &) const { return isF32(); }
};

int64_t panelWidth(int64_t n, Element math, CpuTarget target) {
  return matmulTile(n, /*m=*/1, math, target).columns;
}

/// Collects a kernel's arguments.
class ArgumentBuilder {
public:
  ArgumentBuilder(CpuTarget target, const Formats &formats)
      : target(target), formats(formats) {}

  void operator()(const LinearSpec &s) {
    const int64_t columns = paddedColumns(s.n);
    const bool isQuantized = formats.math == Element::I8;
    add(kIn, "a", {s.k + (isQuantized ? kQuantizedTail : 0), kRuntimeExtent},
        1);
    addPanels(s.n, s.k, formats.math);
    if (isQuantized) {
      addF32(kIn, "scales", {columns}, 1);
      addF32(kIn, "sums", {columns}, 1);
    }
    if (s.bias)
      addF32(kIn, "bias", {columns}, 1);
    if (s.residual)
      addF32(kIn, "residual", {s.n, kRuntimeExtent}, 1);
    add(kOut, "out", {s.n, kRuntimeExtent}, 1);
  }
  void operator()(const ConvSpec &s) {
    if (s.layout == ImageLayout::Nchw)
      addImage(kIn, "in", s.width, s.height, s.channels);
    else
      addImage(kIn, "in", s.channels, s.width, s.height);
    int64_t k = s.channels * s.kernel * s.kernel;
    if (s.layout == ImageLayout::Nchw)
      k = s.channels * s.kernel *
          llvm::alignTo(s.kernel, interleave(formats.math, target));
    if (formats.math == Element::I8) {
      addPanels(s.n, k, Element::U8);
      addF32(kIn, "scales", {paddedColumns(s.n)}, 1);
    } else {
      addPanels(s.n, k, formats.math);
    }
    if (s.bias)
      addF32(kIn, "bias", {paddedColumns(s.n)}, 1);
    int64_t pixels = convOutputExtent(s.width, s.kernel, s.stride, s.padding) *
                     convOutputExtent(s.height, s.kernel, s.stride, s.padding);
    add(kOut, "out", {s.n, pixels, kRuntimeExtent}, 2);
  }
  void operator()(const DepthwiseConvSpec &s) {
    addImage(kIn, "in", s.channels, s.width, s.height);
    for (size_t j = 0; j < s.outputs.size(); j++) {
      addF32(kIn, "w" + std::to_string(j), {s.channels, s.kernel, s.kernel}, 3);
      addF32(kIn, "bias" + std::to_string(j), {s.channels}, 1);
    }
    for (auto [j, o] : llvm::enumerate(s.outputs))
      addImage(kOut, "out" + std::to_string(j), s.channels,
               convOutputExtent(s.width, s.kernel, o.stride, o.padding),
               convOutputExtent(s.height, s.kernel, o.stride, o.padding));
  }
  void operator()(const AttentionSpec &s) {
    int64_t channels = s.heads * s.headDim;
    addTokens(kIn, "q", channels, s.queries);
    add(kIn, "k", {channels, s.keys, kRuntimeExtent}, 2);
    add(kIn, "v", {channels, s.keys, kRuntimeExtent}, 2);
    addTokens(kOut, "out", channels, s.queries);
  }
  void operator()(const LayerNormSpec &s) {
    addTokens(kIn, "x", s.channels, s.tokens);
    addF32(kIn, "gamma", {s.channels}, 1);
    addF32(kIn, "beta", {s.channels}, 1);
    addTokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const QuantizeSpec &s) {
    addTokens(kIn, "x", s.channels, s.tokens);
    addTokens(kOut, "out", s.channels + kQuantizedTail, s.tokens);
  }
  void operator()(const ElementwiseSpec &s) {
    addTokens(kIn, "x", s.channels, s.tokens);
    if (s.op == ElementwiseOp::Add)
      addTokens(kIn, "y", s.channels, s.tokens);
    addTokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const CopySpec &s) {
    addTokens(kIn, "in", s.channels, s.tokens);
    addTokens(kOut, "out", s.channels, s.tokens);
  }
  void operator()(const ToNchwSpec &s) {
    addTokens(kIn, "in", s.channels, s.tokens);
    addTokens(kOut, "out", s.tokens, s.channels);
  }
  void operator()(const TokenMeanSpec &s) {
    addTokens(kIn, "in", s.channels, s.tokens);
    addTokens(kOut, "out", s.channels, 1);
  }
  void operator()(const AvgPoolSpec &s) {
    addImage(kIn, "in", s.channels, s.width, s.height);
    addImage(kOut, "out", s.channels,
             avgPoolOutputExtent(s.width, s.kernel, s.stride, s.padding),
             avgPoolOutputExtent(s.height, s.kernel, s.stride, s.padding));
  }

  std::vector<KernelArgument> list;

private:
  static constexpr ArgumentRole kIn = ArgumentRole::Input;
  static constexpr ArgumentRole kOut = ArgumentRole::Output;

  int64_t paddedColumns(int64_t n) const {
    return llvm::alignTo(n, panelWidth(n, formats.math, target));
  }
  void append(ArgumentRole role, std::string name, std::vector<int64_t> extents,
              int64_t dense, Element element) {
    list.push_back({std::move(name), role, std::move(extents), dense, element});
  }
  /// Activations.
  void add(ArgumentRole role, std::string name, std::vector<int64_t> extents,
           int64_t dense) {
    append(role, std::move(name), std::move(extents), dense,
           role == kIn ? formats.in : formats.out);
  }
  void addF32(ArgumentRole role, std::string name, std::vector<int64_t> extents,
              int64_t dense) {
    append(role, std::move(name), std::move(extents), dense, Element::F32);
  }
  void addPanels(int64_t n, int64_t k, Element element) {
    const int64_t width = panelWidth(n, formats.math, target);
    const int64_t f = interleave(element, target);
    std::vector<int64_t> extents = {width, k / f, paddedColumns(n) / width};
    if (f > 1)
      extents.insert(extents.begin(), f);
    const auto dims = static_cast<int64_t>(extents.size());
    append(kIn, "w", std::move(extents), dims, element);
  }
  /// (channels, tokens, B)
  void addTokens(ArgumentRole role, std::string name, int64_t channels,
                 int64_t count) {
    add(role, std::move(name), {channels, count, kRuntimeExtent}, 1);
  }
  /// (channels, x, y, B), an image dense
  void addImage(ArgumentRole role, std::string name, int64_t channels,
                int64_t width, int64_t height) {
    add(role, std::move(name), {channels, width, height, kRuntimeExtent}, 3);
  }

  const CpuTarget target;
  const Formats formats;
};

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
  int64_t operator()(const QuantizeSpec &) const { return 4 * outputs; }
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

int64_t elementBytes(Element element) {
  switch (element) {
  case Element::F32:
    return 4;
  case Element::Bf16:
    return 2;
  case Element::U8:
  case Element::I8:
    return 1;
  }
  llvm_unreachable("unknown element");
}

int64_t interleave(Element math, CpuTarget target) {
  const CpuTargetInfo &info = cpuTargetInfo(target);
  switch (math) {
  case Element::F32:
    return 1;
  case Element::Bf16:
    return info.multipliesBf16 ? 2 : 1;
  case Element::U8:
  case Element::I8:
    return info.multipliesBytes ? 4 : 2;
  }
  llvm_unreachable("unknown element");
}

Formats Formats::of(Element math) {
  if (math == Element::I8)
    return {math, Element::U8, Element::F32};
  return {math, math, math};
}

llvm::Error verifyKernelSpec(const KernelSpec &spec) {
  if (llvm::find(kCpuTargets, spec.target) == std::end(kCpuTargets))
    return specError(spec, "the target does not exist");
  RangeChecker ranges;
  std::visit([&](auto family) { visitFields(family, ranges); }, spec.family);
  if (!ranges.error.empty())
    return specError(spec, ranges.error);
  if (!std::visit(FormatChecker{spec.formats}, spec.family))
    return specError(spec, "has no kernels of these number formats");
  std::string relation =
      std::visit(RelationChecker{spec.formats.math, spec.target}, spec.family);
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
    return panelWidth(linear->n, spec.formats.math, spec.target);
  return panelWidth(std::get<ConvSpec>(spec.family).n, spec.formats.math,
                    spec.target);
}

std::vector<KernelArgument> kernelArguments(const KernelSpec &spec) {
  ArgumentBuilder builder(spec.target, spec.formats);
  std::visit(builder, spec.family);
  return std::move(builder.list);
}

int64_t elementsPerImage(const KernelArgument &argument, int64_t rows) {
  int64_t count = 1;
  for (int64_t extent : argument.extents)
    count *= extent == kRuntimeExtent ? rows : extent;
  return count;
}

int64_t flopsPerImage(const KernelSpec &spec) {
  int64_t outputs = 0;
  for (const KernelArgument &argument : kernelArguments(spec))
    if (argument.role == ArgumentRole::Output)
      outputs += elementsPerImage(argument, rowsPerImage(spec));
  return std::visit(FlopCounter{outputs}, spec.family);
}

int64_t bytesPerImage(const KernelSpec &spec) {
  int64_t bytes = 0;
  for (const KernelArgument &argument : kernelArguments(spec))
    bytes += elementsPerImage(argument, rowsPerImage(spec)) *
             elementBytes(argument.element);
  return bytes;
}

} // namespace cvt::kernels
