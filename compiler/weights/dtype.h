//===- dtype.h - Stored numbers to float ----------------------------------===//
//
// Everything is packed from float, so each format that weights are stored in
// needs one conversion.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHTS_DTYPE_H
#define CVT_COMPILER_WEIGHTS_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cvt::weights {

enum class DType { F32, F16, BF16, F64 };

/// Bytes of one number.
uint64_t sizeOf(DType type);

/// "F32", "F16", "BF16" or "F64", as safetensors spells them.
std::string_view nameOf(DType type);
std::optional<DType> parseDType(std::string_view name);

/// Converts out.size() little-endian numbers that start at `bytes`, which may
/// have any alignment and must hold exactly that many.  F32, F16 and BF16 keep
/// their value (NaNs stay NaNs), F64 rounds to nearest, ties to even.
void convertToFloat(DType type, std::span<const std::byte> bytes,
                    std::span<float> out);

} // namespace cvt::weights

#endif // CVT_COMPILER_WEIGHTS_DTYPE_H
