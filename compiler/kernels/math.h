//===- math.h - Functions of one number as Halide expressions -------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_MATH_H
#define CVT_COMPILER_KERNELS_MATH_H

#include "compiler/kernels/kernel_spec.h"

#include <Halide.h>

namespace cvt::kernels {

/// 2^x for finite x <= 127, as exactly as it takes for a result that is rounded
/// to `result`: with a relative error below 1.7e-7 for f32, else below 1e-4.  0
/// for x <= -126.5.  NaN gives NaN.
Halide::Expr exp2Approximation(const Halide::Expr &x, Element result);

/// A word whose low half stands for 2^x, x <= 0, in exp2OfRoots; the low half 0
/// stands for 0.  Of NaN it may be anything.
Halide::Expr exp2Root(const Halide::Expr &x);

/// Of a wordOfLowBits of two such words, a word with 256 * 254.4 * 2^x in each
/// half: within 0.6 % of it for x >= -7, within 256 * 0.05 below; 0 for 0.
Halide::Expr exp2OfRoots(const Halide::Expr &roots);

/// `activation` of the f32 `x`, as exactly as it takes for a result that is
/// rounded to `result`: GELU for less than f32 within 2.5e-4 absolute.  NaN
/// gives NaN.
Halide::Expr activate(Activation activation, const Halide::Expr &x,
                      Element result);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_MATH_H
