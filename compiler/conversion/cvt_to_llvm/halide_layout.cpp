//===- halide_layout.cpp - Checks offsets against Halide's header ---------===//

#include "compiler/conversion/cvt_to_llvm/halide_layout.h"

#include "HalideRuntime.h"

#include <cstddef>

using Layout = cvt::HalideLayout;

static_assert(offsetof(halide_buffer_t, device) == Layout::kDevice);
static_assert(offsetof(halide_buffer_t, device_interface) ==
              Layout::kDeviceInterface);
static_assert(offsetof(halide_buffer_t, host) == Layout::kHost);
static_assert(offsetof(halide_buffer_t, flags) == Layout::kFlags);
static_assert(offsetof(halide_buffer_t, type) == Layout::kType);
static_assert(offsetof(halide_buffer_t, dimensions) == Layout::kDimensions);
static_assert(offsetof(halide_buffer_t, dim) == Layout::kDim);
static_assert(offsetof(halide_buffer_t, padding) == Layout::kPadding);
static_assert(sizeof(halide_buffer_t) == Layout::kBufferBytes);

static_assert(offsetof(halide_dimension_t, min) == Layout::kDimensionMin);
static_assert(offsetof(halide_dimension_t, extent) == Layout::kDimensionExtent);
static_assert(offsetof(halide_dimension_t, stride) == Layout::kDimensionStride);
static_assert(offsetof(halide_dimension_t, flags) == Layout::kDimensionFlags);
static_assert(sizeof(halide_dimension_t) == Layout::kDimensionBytes);

static_assert(halide_type_int == 0 && halide_type_uint == 1 &&
              halide_type_float == 2 && sizeof(halide_type_t) == 4);
