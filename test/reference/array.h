//===- array.h - Row-major arrays of doubles ------------------------------===//

#ifndef CVT_TEST_REFERENCE_ARRAY_H
#define CVT_TEST_REFERENCE_ARRAY_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace cvt::reference {

/// A dense array whose last axis is innermost.  Indices must be in range.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;

  /// Zeros.  Extents must not be negative, and their product fit memory.
  explicit Array(std::vector<int64_t> extents) : shape(std::move(extents)) {
    size_t count = 1;
    for (int64_t extent : shape)
      count *= static_cast<size_t>(extent);
    values.resize(count);
  }

  int64_t extent(size_t axis) const { return shape[axis]; }
  int64_t channels() const { return shape.back(); }

  /// The element at one index for each axis.
  template <typename... Index> double &operator()(Index... index) {
    return values[offsetOf(index...)];
  }
  template <typename... Index> double operator()(Index... index) const {
    return values[offsetOf(index...)];
  }

  /// How many runs of channels there are, and run `r`.
  size_t rows() const { return channels() ? values.size() / rowLength() : 0; }
  std::span<double> row(size_t r) {
    return {values.data() + r * rowLength(), rowLength()};
  }
  std::span<const double> row(size_t r) const {
    return {values.data() + r * rowLength(), rowLength()};
  }

private:
  size_t rowLength() const { return static_cast<size_t>(channels()); }

  template <typename... Index> size_t offsetOf(Index... index) const {
    assert(sizeof...(index) == shape.size());
    size_t offset = 0, axis = 0;
    ((offset = offset * static_cast<size_t>(shape[axis++]) +
               static_cast<size_t>(index)),
     ...);
    return offset;
  }
};

} // namespace cvt::reference

#endif // CVT_TEST_REFERENCE_ARRAY_H
