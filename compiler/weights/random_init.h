//===- random_init.h - Truncated normal numbers, each on its own ----------===//
//
// Weights of a model that is not trained.  Number i of a tensor depends on the
// seed, the tensor's name and i alone, so tensors can be made in any order, in
// pieces, on any number of threads.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHTS_RANDOM_INIT_H
#define CVT_COMPILER_WEIGHTS_RANDOM_INIT_H

#include <cstdint>
#include <span>
#include <string_view>

namespace cvt::weights {

/// What all numbers of one tensor share.
uint64_t randomKey(uint64_t seed, std::string_view tensorName);

/// Fills `out` with the numbers first, first + 1, ... of the tensor of `key`:
/// normal with mean 0 and deviation `stddev` (finite, not negative), truncated
/// to [-2, 2], as torch.nn.init.trunc_normal_.
void fillTruncatedNormal(uint64_t key, double stddev, uint64_t first,
                         std::span<float> out);

} // namespace cvt::weights

#endif // CVT_COMPILER_WEIGHTS_RANDOM_INIT_H
