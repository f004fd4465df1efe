//===- spec_fields.h - The fields of kernel specs, listed once ------------===//
//
// Printing, parsing and checking a spec all walk the same list of fields, so
// that a field cannot be printed and not parsed.  A visitor has
//   number(name, value, least)          an integer >= least
//   window(name, value, least)          the same, of a sliding window
//   flag(name, value)                   printed when true
//   option(names, value)                an enumeration; "" is never printed
//   word(names, value)                  an enumeration, always printed
//   bits(name, value)                   a float, printed as its bit pattern
//   list(outputs)                       strides and paddings of outputs
//   exception(name, names, value, usual)
//                                       an enumeration, printed with its name
//                                       where it is not `usual`
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_SPEC_FIELDS_H
#define CVT_COMPILER_KERNELS_SPEC_FIELDS_H

#include "compiler/kernels/kernel_spec.h"

#include <array>

namespace cvt::kernels {

inline constexpr std::array<std::string_view, 3> kActivationNames = {
    "", "gelu", "quick_gelu"};
inline constexpr std::array<std::string_view, 2> kLayoutNames = {"nchw",
                                                                 "nhwc"};
inline constexpr std::array<std::string_view, 3> kElementwiseNames = {
    "add", "gelu", "quick_gelu"};

/// Names of the families, in the order of KernelSpec's alternatives.
inline constexpr std::array<std::string_view, 11> kFamilyNames = {
    "linear", "conv",    "dwconv",     "attention", "layer_norm", "elementwise",
    "copy",   "to_nchw", "token_mean", "avg_pool",  "quantize"};

inline constexpr std::array<std::string_view, 4> kElementNames = {"f32", "bf16",
                                                                  "u8", "i8"};

template <class V> void visitFields(LinearSpec &s, V &&v) {
  v.number("n", s.n, 1);
  v.number("k", s.k, 1);
  v.number("m", s.m, 1);
  v.flag("bias", s.bias);
  v.flag("residual", s.residual);
  v.option(kActivationNames, s.activation);
}

template <class V> void visitFields(ConvSpec &s, V &&v) {
  v.word(kLayoutNames, s.layout);
  v.number("c", s.channels, 1);
  v.number("h", s.height, 1);
  v.number("w", s.width, 1);
  v.number("n", s.n, 1);
  v.window("k", s.kernel, 1);
  v.window("s", s.stride, 1);
  v.window("p", s.padding, 0);
  v.flag("bias", s.bias);
}

template <class V> void visitFields(DepthwiseConvSpec &s, V &&v) {
  v.number("c", s.channels, 1);
  v.number("h", s.height, 1);
  v.number("w", s.width, 1);
  v.window("k", s.kernel, 1);
  v.list(s.outputs);
}

template <class V> void visitFields(AttentionSpec &s, V &&v) {
  v.number("h", s.heads, 1);
  v.number("d", s.headDim, 1);
  v.number("q", s.queries, 1);
  v.number("k", s.keys, 1);
  v.bits("scale", s.scale);
}

template <class V> void visitFields(LayerNormSpec &s, V &&v) {
  v.number("c", s.channels, 1);
  v.number("t", s.tokens, 1);
  v.bits("eps", s.epsilon);
}

template <class V> void visitFields(ElementwiseSpec &s, V &&v) {
  v.word(kElementwiseNames, s.op);
  v.number("c", s.channels, 1);
  v.number("t", s.tokens, 1);
}

template <class Spec, class V> void visitTokenFields(Spec &s, V &&v) {
  v.number("c", s.channels, 1);
  v.number("t", s.tokens, 1);
}
template <class V> void visitFields(CopySpec &s, V &&v) {
  visitTokenFields(s, v);
}
template <class V> void visitFields(ToNchwSpec &s, V &&v) {
  visitTokenFields(s, v);
}
template <class V> void visitFields(TokenMeanSpec &s, V &&v) {
  visitTokenFields(s, v);
}

template <class V> void visitFields(AvgPoolSpec &s, V &&v) {
  v.number("c", s.channels, 1);
  v.number("h", s.height, 1);
  v.number("w", s.width, 1);
  v.window("k", s.kernel, 1);
  v.window("s", s.stride, 1);
  v.window("p", s.padding, 0);
}

template <class V> void visitFields(QuantizeSpec &s, V &&v) {
  visitTokenFields(s, v);
}

/// `in` and `out` are printed where they are not what `math` implies.
template <class V> void visitFormats(Formats &f, V &&v) {
  v.word(kElementNames, f.math);
  const Formats implied = Formats::of(f.math);
  v.exception("in", kElementNames, f.in, implied.in);
  v.exception("out", kElementNames, f.out, implied.out);
}

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_SPEC_FIELDS_H
