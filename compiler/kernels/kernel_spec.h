//===- kernel_spec.h - What a kernel computes, as plain data --------------===//
//
// A KernelSpec holds everything that a kernel's code depends on: family,
// shapes, fused parts, number formats and target.  It prints as the kernel's
// symbol name and is parsed back from it, so that the IR needs to hold the
// name only.
//
// Conventions of all families.  Buffers are f32 unless `Formats` says
// otherwise, dimensions are written innermost first as in Halide, and start at
// 0.  B is the batch, the outermost
// extent, known at run time only (linear: M, the number of rows of all images
// together).  The stride of the innermost dimension is 1; other strides are
// free unless the family says "dense".  `kernelArguments` gives the same as
// data.  Kernels write every element of their outputs and nothing else, also
// not in the gaps between rows of a strided view, and read nothing outside of
// their inputs.  No output may overlap an input, except where said.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_KERNEL_SPEC_H
#define CVT_COMPILER_KERNELS_KERNEL_SPEC_H

#include "compiler/kernels/cpu_target.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cvt::kernels {

enum class Activation : uint8_t {
  None,
  Gelu,      ///< x * (1 + erf(x / sqrt 2)) / 2, within 5e-7 absolute in f32
  QuickGelu, ///< x * sigmoid(1.702 x)
};

enum class ImageLayout : uint8_t {
  Nchw, ///< (x, y, c, b)
  Nhwc, ///< (c, x, y, b)
};

/// Number formats: of the elements of a buffer, or of what is multiplied.
enum class Element : uint8_t { F32, Bf16, U8, I8 };

int64_t elementBytes(Element element);

/// How many inputs of a row multiply side by side, in one lane of a vector.
/// Packed weights keep them together.  f32 1; where `target` has instructions
/// for it, bf16 2 and i8 4; elsewhere bf16 1, as f32, and i8 2, as 16-bit
/// numbers.
int64_t interleave(Element math, CpuTarget target);

/// The number formats of a kernel.  Sums, activation functions, norms, biases
/// and residuals are f32 whatever they are.
struct Formats {
  /// Of the weights, and of what they are multiplied with: f32, bf16 or i8.
  Element math = Element::F32;
  /// Of the activations that are read and written.
  Element in = Element::F32;
  Element out = Element::F32;

  /// What kernels of `math` read and write if nothing else is said: the
  /// operands themselves, for i8 u8 in and f32 out.
  static Formats of(Element math);

  bool operator==(const Formats &) const = default;
};

/// out = activation(a * w + bias) + residual.
///   a (K, M), w (NR, K, panels) dense, [bias (panels * NR)],
///   [residual (N, M)] -> out (N, M)
/// NR = packedPanelWidth(spec), panels = ceil(N / NR); weights and bias of
/// columns >= N are zero; w(j, k, p) is the weight of input k for output
/// p * NR + j.  `out` may be the same memory as `residual` (same strides).
/// In f32 a row that is not finite may make others of its image NaN.
///
/// K is a multiple of f = interleave(math, target).  If f > 1, w is
/// (f, NR, K / f, panels), w(i, j, k, p) the weight of input f * k + i.
/// i8: K is at most kMaxByteProducts, and a (K + 8, M) is quantized by
/// QuantizeSpec: arguments a, w, scales (panels * NR), sums (panels * NR), ...
/// The weight of input k for output n is w * scales(n), and sums(n) is the sum
/// of all of them, so that
///   sum of a * w = scale * scales(n) * (integer sum) + low * sums(n).
struct LinearSpec {
  int64_t n = 0;
  int64_t k = 0;
  /// Rows that one image contributes to M: chooses tiles, never correctness.
  int64_t m = 0;
  bool bias = false;
  bool residual = false;
  Activation activation = Activation::None;

  bool operator==(const LinearSpec &) const = default;
};

/// 2-d convolution with zero padding on all four sides.
///   nchw: in (x, y, C, B), all but B dense;  nhwc: in (C, x, y, B), (C, x, y)
///   dense; w as for LinearSpec, its K flattened from (kx, ky, C) in nchw and
///   (C, kx, ky) in nhwc, first one fastest; [bias (panels * NR)]
///   -> out (N, pixels, B), (N, pixels) dense, pixel = x + y * output width
/// bf16: `in` is f32 and rounded on the way.  Of what is multiplied side by
/// side, as in LinearSpec, nhwc has a whole number in C; in nchw kx is padded
/// to one, with weights that must be zero, and a NaN or an infinity one pixel
/// behind an odd window counts as in it.
/// i8, nhwc only: C is at most kMaxByteProducts.  `in` is f32 and rounded on
/// the way, each pixel to a 127th of its largest magnitude; one with a NaN or
/// an infinity makes what it is in not finite.  Arguments in, w in u8,
/// scales (panels * NR), ...  The weight of input k for output n is
/// (w - 128) * scales(n).
struct ConvSpec {
  ImageLayout layout = ImageLayout::Nchw;
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t n = 0;
  int64_t kernel = 0;
  int64_t stride = 0;
  int64_t padding = 0;
  bool bias = false;

  bool operator==(const ConvSpec &) const = default;
};

struct StridePadding {
  int64_t stride = 0;
  int64_t padding = 0;

  bool operator==(const StridePadding &) const = default;
};

/// One to three depthwise convolutions of one input, each with its own
/// weights, stride and padding.
///   in (C, x, y, B), (C, x, y) dense, then for each output w_j (C, kx, ky)
///   dense and bias_j (C) -> out_j (C, x, y, B), (C, x, y) dense
/// Arguments: in, w_0, bias_0, w_1, bias_1, ..., out_0, out_1, ...
struct DepthwiseConvSpec {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t kernel = 0;
  std::vector<StridePadding> outputs;

  bool operator==(const DepthwiseConvSpec &) const = default;
};

/// softmax(scale * q k^T) v for each head; channel = head * headDim + d.
///   q (C, queries, B), k (C, keys, B), v (C, keys, B), (C, keys) dense
///   -> out (C, queries, B)
/// headDim is a multiple of f = interleave(math, target).
/// bf16: q, k and v are bf16.  Where f = 2 exponentials are rounded to it as
/// well, and their sum is that of the rounded ones.
/// i8: q, k and v are bf16, at most kMaxByteProducts keys.  Each query and key
/// of a head, and each channel of v over all keys, is rounded to a 127th of its
/// largest magnitude.  Exponentials are off by 0.6 % where they are a 128th of
/// the largest or more, and each rounded up or down to a 254th of the largest,
/// so that the mean of four is off by an eighth of that at most where they are
/// equal; their sum is that of the rounded ones.
struct AttentionSpec {
  int64_t heads = 0;
  int64_t headDim = 0;
  int64_t queries = 0;
  int64_t keys = 0;
  float scale = 0;

  bool operator==(const AttentionSpec &) const = default;
};

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, over channels.
///   x (C, T, B), gamma (C), beta (C) -> out (C, T, B)
/// `out` may be the same memory as `x` (same strides).
struct LayerNormSpec {
  int64_t channels = 0;
  int64_t tokens = 0;
  float epsilon = 1e-5f;

  bool operator==(const LayerNormSpec &) const = default;
};

/// Products of an unsigned and a signed byte whose sum surely fits into 32
/// bits.
inline constexpr int64_t kMaxByteProducts = 65536;

/// Bytes behind the numbers of a quantized token: scale and low.
inline constexpr int64_t kQuantizedTail = 8;

/// Each token to 8 bits, on a scale of its own: x = q * scale + low with q from
/// 0 to 255, low the least x of the token.
///   x (C, T, B) -> out (C + 8, T, B) u8: for each token all q, then the bytes
///   of scale and of low as f32.  A NaN in a token makes its scale NaN.
struct QuantizeSpec {
  int64_t channels = 0;
  int64_t tokens = 0;

  bool operator==(const QuantizeSpec &) const = default;
};

enum class ElementwiseOp : uint8_t { Add, Gelu, QuickGelu };

/// x (C, T, B), [y (C, T, B) for Add] -> out (C, T, B).
/// `out` may be the same memory as `x` or `y` (same strides).
struct ElementwiseSpec {
  ElementwiseOp op = ElementwiseOp::Add;
  int64_t channels = 0;
  int64_t tokens = 0;

  bool operator==(const ElementwiseSpec &) const = default;
};

/// in (C, T, B) -> out (C, T, B).  The batch stride of `in` may be 0.
struct CopySpec {
  int64_t channels = 0;
  int64_t tokens = 0;

  bool operator==(const CopySpec &) const = default;
};

/// Tokens to channel-major: in (C, T, B) -> out (T, C, B).
struct ToNchwSpec {
  int64_t channels = 0;
  int64_t tokens = 0;

  bool operator==(const ToNchwSpec &) const = default;
};

/// Mean over tokens: in (C, T, B) -> out (C, 1, B).
struct TokenMeanSpec {
  int64_t channels = 0;
  int64_t tokens = 0;

  bool operator==(const TokenMeanSpec &) const = default;
};

/// torch.nn.AvgPool2d(kernel, stride, padding, ceil_mode=True,
/// count_include_pad=True).  padding <= kernel / 2, as there.
///   in (C, x, y, B), (C, x, y) dense -> out (C, x, y, B), (C, x, y) dense
struct AvgPoolSpec {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t kernel = 0;
  int64_t stride = 0;
  int64_t padding = 0;

  bool operator==(const AvgPoolSpec &) const = default;
};

struct KernelSpec {
  std::variant<LinearSpec, ConvSpec, DepthwiseConvSpec, AttentionSpec,
               LayerNormSpec, ElementwiseSpec, CopySpec, ToNchwSpec,
               TokenMeanSpec, AvgPoolSpec, QuantizeSpec>
      family;
  CpuTarget target = CpuTarget::X86V3;
  Formats formats = {};

  bool operator==(const KernelSpec &) const = default;
};

/// Success if a kernel can be made of `spec`: extents positive and small
/// enough for 32-bit indices, output images not empty, one to three outputs,
/// finite scale, formats that the family has.  The error names the field, its
/// value and what is allowed.
llvm::Error verifyKernelSpec(const KernelSpec &spec);

/// The kernel's symbol, e.g. "linear_n384_k384_m197_bias_gelu_f32_znver4":
/// letters, digits and '_'.  `spec` must be valid.
std::string symbolName(const KernelSpec &spec);

/// The valid spec whose symbolName is exactly `name`, or nothing.
std::optional<KernelSpec> parseSymbolName(std::string_view name);

/// Output pixels along one axis of a convolution, at least 1 for valid specs.
int64_t convOutputExtent(int64_t input, int64_t kernel, int64_t stride,
                         int64_t padding);
/// Output pixels along one axis of average pooling as in AvgPoolSpec.
int64_t avgPoolOutputExtent(int64_t input, int64_t kernel, int64_t stride,
                            int64_t padding);

/// NR: output columns in one panel of packed weights.  `spec` must be of
/// family LinearSpec or ConvSpec.
int64_t packedPanelWidth(const KernelSpec &spec);

enum class ArgumentRole : uint8_t { Input, Output };

/// Extent of a dimension known at run time only: B, or M for LinearSpec.
inline constexpr int64_t kRuntimeExtent = -1;

struct KernelArgument {
  std::string name;
  ArgumentRole role = ArgumentRole::Input;
  /// Innermost first.
  std::vector<int64_t> extents;
  /// stride(d) must be the product of the extents below d for d < denseDims;
  /// strides of the dimensions from there on are free.
  int64_t denseDims = 1;
  Element element = Element::F32;
};

/// The kernel's arguments in the order of its calls:
///   int symbol(void *userContext, halide_buffer_t *arg0, ...)
/// Inputs, then outputs.
std::vector<KernelArgument> kernelArguments(const KernelSpec &spec);

/// Elements of one image, where a runtime extent is `rows`.
int64_t elementsPerImage(const KernelArgument &argument, int64_t rows);

/// Arithmetic of one image, a multiply-add counted as two (padding included).
int64_t flopsPerImage(const KernelSpec &spec);

/// Bytes of all inputs (weights included, once) and outputs of one image:
/// what must cross the memory bus when nothing is cached.
int64_t bytesPerImage(const KernelSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_KERNEL_SPEC_H
