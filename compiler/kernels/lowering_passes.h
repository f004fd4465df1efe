//===- lowering_passes.h - Last changes to a lowered kernel ---------------===//
//
// Private to this folder.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_KERNELS_LOWERING_PASSES_H
#define CVT_COMPILER_KERNELS_LOWERING_PASSES_H

#include "compiler/kernels/cpu_target.h"

#include <Halide.h>

namespace cvt::kernels {

/// Makes `pipeline`, when it is compiled for `target`,
///  - unless `asserts`, trust its callers' buffers.  Halide's feature NoAsserts
///    would also ignore failures of halide_malloc and of tasks;
///  - multiply the halves of words where productsOfHalves (lane_words.h) says
///  so;
///  - round to bf16 with the instruction for it where there is one;
///  - free memory where its scope ends: Halide frees as early as it can, but
///    scratch memory is a stack;
///  - forget the names that Halide has made unique with counters of the whole
///    process: it sorts what it passes to tasks by name, so that the code of a
///    kernel would depend on what was compiled before.
void addLoweringPasses(Halide::Pipeline &pipeline, CpuTarget target,
                       bool asserts);

/// The same for the names of the functions that run tasks, which become
/// symbols: `module` with these called after the kernel.
Halide::Module withTasksNumbered(const Halide::Module &module);

} // namespace cvt::kernels

#endif // CVT_COMPILER_KERNELS_LOWERING_PASSES_H
