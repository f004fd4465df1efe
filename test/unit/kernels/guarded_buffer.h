//===- guarded_buffer.h - Buffers that notice stray accesses --------------===//
//
// A strided view whose first or last element touches an inaccessible page, so
// that an access beyond it ends the test, and whose gaps between rows hold
// signalling values, so that a read shows as NaN and a write is found.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_KERNELS_GUARDED_BUFFER_H
#define CVT_TEST_UNIT_KERNELS_GUARDED_BUFFER_H

#include "compiler/kernels/kernel_spec.h"

#include <HalideRuntime.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace cvt::kernels {

/// A buffer of up to four dimensions, innermost first.  Tests see its elements
/// as floats, which `encode` writes to the kernel's memory and `decode` reads
/// from there.  Not copyable: it owns its pages.
class GuardedBuffer {
public:
  using Index = std::array<int, 4>;
  /// Which end of the view lies at an inaccessible page.
  enum class Guard { Before, Behind };

  /// Strides are in elements, at least 0.  All elements are NaN at first.
  GuardedBuffer(Element element, std::vector<int> extents,
                std::vector<int> strides, Guard guard);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer &) = delete;

  /// The element at an index of `dimensions()` numbers, the rest 0.
  float &operator()(int i0, int i1 = 0, int i2 = 0, int i3 = 0) const;

  int dimensions() const { return raw()->dimensions; }
  int extent(int d) const { return raw()->dim[d].extent; }
  halide_buffer_t *raw() const { return buffer.get(); }

  /// Calls `visit` for every element.
  void forEach(const std::function<void(const Index &, float &)> &visit) const;

  /// Rounds every element to the buffer's format and stores it there.
  void encode() const;
  /// Loads every element.
  void decode() const;

  Element element() const { return format; }

  /// Whether all that lies between the elements is as it was at first.
  bool gapsUntouched() const;

private:
  std::unique_ptr<halide_buffer_t> buffer;
  std::vector<halide_dimension_t> dims;
  char *mapping = nullptr;
  size_t mappingBytes = 0;
  Element format;
  /// The view with its gaps: in the kernel's memory, and as floats.
  char *first = nullptr;
  size_t count = 0;
  mutable std::vector<float> values;
};

/// The buffers of one call of a kernel.
class KernelCall {
public:
  /// Buffers for `batch` images as kernelArguments says, with `gap` unused
  /// elements behind each row, image, ... of free stride.  Inputs are random
  /// numbers of their format: normal ones, or any integers.
  KernelCall(const KernelSpec &spec, int batch, int gap,
             GuardedBuffer::Guard guard);

  /// The argument called `name`.
  GuardedBuffer &operator[](std::string_view name) const;

  /// Makes the argument called `name` the same memory as the one called `as`,
  /// which must have the same extents.
  void alias(std::string_view name, std::string_view as);
  /// Gives the argument called `name` new strides, and random numbers.
  void setStrides(std::string_view name, std::vector<int> strides);

  /// Compiles, runs and checks that only outputs changed.  Returns "" or what
  /// went wrong.
  std::string run(int threads = 2) const;

private:
  size_t indexOf(std::string_view name) const;
  void fill(const GuardedBuffer &buffer);

  KernelSpec spec;
  std::vector<KernelArgument> signature;
  std::vector<std::shared_ptr<GuardedBuffer>> buffers;
  GuardedBuffer::Guard guard;
  std::mt19937 random{1};
};

/// Calls `body` with each target that this CPU can run.
void forEachTarget(const std::function<void(CpuTarget)> &body);

/// Fails the test where `actual` is further than `tolerance` * `scale` from
/// `expected(index)`, or not a number; `scale` is 1 or |expected| if larger.
void expectClose(
    const GuardedBuffer &actual,
    const std::function<double(const GuardedBuffer::Index &)> &expected,
    double tolerance);

} // namespace cvt::kernels

#endif // CVT_TEST_UNIT_KERNELS_GUARDED_BUFFER_H
