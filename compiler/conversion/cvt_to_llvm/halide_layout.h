//===- halide_layout.h - halide_buffer_t by the byte ----------------------===//
//
// The host program fills halide_buffer_t without Halide's headers.  The offsets
// are checked against them in halide_layout.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_CONVERSION_HALIDE_LAYOUT_H
#define CVT_COMPILER_CONVERSION_HALIDE_LAYOUT_H

#include <cstdint>

namespace cvt {

/// Byte offsets and sizes of halide_buffer_t and halide_dimension_t.
struct HalideLayout {
  static constexpr int64_t kDevice = 0;
  static constexpr int64_t kDeviceInterface = 8;
  static constexpr int64_t kHost = 16;
  static constexpr int64_t kFlags = 24;
  static constexpr int64_t kType = 32;
  static constexpr int64_t kDimensions = 36;
  static constexpr int64_t kDim = 40;
  static constexpr int64_t kPadding = 48;
  static constexpr int64_t kBufferBytes = 56;

  static constexpr int64_t kDimensionMin = 0;
  static constexpr int64_t kDimensionExtent = 4;
  static constexpr int64_t kDimensionStride = 8;
  static constexpr int64_t kDimensionFlags = 12;
  static constexpr int64_t kDimensionBytes = 16;

  /// halide_type_t of a scalar: code, bits, lanes.
  static constexpr int32_t kInt8 = 0 | 8 << 8 | 1 << 16;
  static constexpr int32_t kUint8 = 1 | 8 << 8 | 1 << 16;
  static constexpr int32_t kFloat32 = 2 | 32 << 8 | 1 << 16;
  static constexpr int32_t kBfloat16 = 3 | 16 << 8 | 1 << 16;
};

} // namespace cvt

#endif // CVT_COMPILER_CONVERSION_HALIDE_LAYOUT_H
