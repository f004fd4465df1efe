//===- attention_i8.h - Softmax attention in 8 bits -----------------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_ATTENTION_I8_H
#define CVT_COMPILER_KERNELS_ATTENTION_I8_H

#include "compiler/kernels/kernel_builder.h"

namespace cvt::kernels {

/// The kernel where `math` is i8.
void buildQuantizedAttention(KernelBuilder &builder, const AttentionSpec &spec);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_ATTENTION_I8_H
