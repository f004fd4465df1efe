//===- tensor_source.cpp - Values of a tensor, read in pieces -------------===//
//
// The places that values come from.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/tensor_source.h"

#include "compiler/weights/random_init.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

namespace cvt::weights {

namespace {

class MappedSource final : public TensorSource {
public:
  MappedSource(std::shared_ptr<const MappedFile> file, DType type,
               uint64_t offset, uint64_t elements)
      : TensorSource(elements), file(std::move(file)), type(type),
        offset(offset) {}

  void read(uint64_t first, std::span<float> out) const override {
    auto bytes =
        file->bytes(offset + first * sizeOf(type), out.size() * sizeOf(type));
    assert(bytes && "read beyond the tensor");
    convertToFloat(type, *bytes, out);
  }

  void release(uint64_t first, uint64_t number) const override {
    file->release(offset + first * sizeOf(type), number * sizeOf(type));
  }

private:
  std::shared_ptr<const MappedFile> file;
  DType type;
  uint64_t offset;
};

class PermutedSource final : public TensorSource {
public:
  PermutedSource(std::shared_ptr<const MappedFile> file, DType type,
                 uint64_t offset, uint64_t elements,
                 std::vector<uint64_t> shape, std::vector<uint64_t> strides)
      : TensorSource(elements), file(std::move(file)), type(type),
        offset(offset), shape(std::move(shape)), strides(std::move(strides)) {}

  void read(uint64_t first, std::span<float> out) const override {
    auto bytes = file->bytes(offset, elements() * sizeOf(type));
    assert(bytes && "made by makePermutedSource");
    std::array<std::byte, kRun * sizeof(double)> run;
    while (!out.empty()) {
      // Neighbours along the last axis, at equal distances in the file.
      uint64_t count = std::min<uint64_t>(
          {kRun, out.size(), shape.back() - first % shape.back()});
      const std::byte *from = bytes->data() + placeOf(first) * sizeOf(type);
      for (uint64_t i = 0; i != count; ++i)
        std::memcpy(run.data() + i * sizeOf(type),
                    from + i * strides.back() * sizeOf(type), sizeOf(type));
      convertToFloat(type, std::span(run).first(count * sizeOf(type)),
                     out.first(count));
      first += count;
      out = out.subspan(count);
    }
  }

  /// Any element may be on any page: only the whole goes.
  void release(uint64_t /*first*/, uint64_t number) const override {
    if (number == elements())
      file->release(offset, number * sizeOf(type));
  }

private:
  static constexpr size_t kRun = 256;

  /// Where the file has element `index`, in elements from the first.
  uint64_t placeOf(uint64_t index) const {
    uint64_t place = 0;
    for (size_t i = shape.size(); i-- != 0; index /= shape[i])
      place += index % shape[i] * strides[i];
    return place;
  }

  std::shared_ptr<const MappedFile> file;
  DType type;
  uint64_t offset;
  std::vector<uint64_t> shape;
  /// For each axis, the distance of neighbours in the file, in elements.
  std::vector<uint64_t> strides;
};

class RandomSource final : public TensorSource {
public:
  RandomSource(uint64_t key, double stddev, uint64_t elements)
      : TensorSource(elements), key(key), stddev(stddev) {}

  void read(uint64_t first, std::span<float> out) const override {
    fillTruncatedNormal(key, stddev, first, out);
  }

private:
  uint64_t key;
  double stddev;
};

class ConstantSource final : public TensorSource {
public:
  ConstantSource(float value, uint64_t elements)
      : TensorSource(elements), value(value) {}

  void read(uint64_t /*first*/, std::span<float> out) const override {
    std::fill(out.begin(), out.end(), value);
  }

private:
  float value;
};

} // namespace

static bool isInside(const MappedFile &file, DType type, uint64_t offset,
                     uint64_t elements, std::string_view tensorName,
                     std::string &error) {
  uint64_t bytes = 0;
  if (!__builtin_mul_overflow(elements, sizeOf(type), &bytes) &&
      file.bytes(offset, bytes))
    return true;
  error = file.path() + ": tensor " + std::string(tensorName) + " at byte " +
          std::to_string(offset) + " is not all inside the file's " +
          std::to_string(file.size()) +
          " bytes; the file must not change while it is compiled";
  return false;
}

std::unique_ptr<TensorSource>
makeMappedSource(std::shared_ptr<const MappedFile> file, DType type,
                 uint64_t offset, uint64_t elements,
                 std::string_view tensorName, std::string &error) {
  if (!isInside(*file, type, offset, elements, tensorName, error))
    return nullptr;
  return std::make_unique<MappedSource>(std::move(file), type, offset,
                                        elements);
}

std::unique_ptr<TensorSource>
makePermutedSource(std::shared_ptr<const MappedFile> file, DType type,
                   uint64_t offset, std::span<const int64_t> shape,
                   std::span<const int64_t> axes, std::string_view tensorName,
                   std::string &error) {
  std::vector<uint64_t> extents(shape.begin(), shape.end());
  std::vector<uint64_t> axisOf(axes.size());
  for (size_t i = 0; i != axes.size(); ++i)
    axisOf[static_cast<size_t>(axes[i])] = i;
  std::vector<uint64_t> strides(extents.size());
  uint64_t elements = 1;
  for (size_t stored = axisOf.size(); stored-- != 0;) {
    strides[axisOf[stored]] = elements;
    elements *= extents[axisOf[stored]];
  }
  if (!isInside(*file, type, offset, elements, tensorName, error))
    return nullptr;
  return std::make_unique<PermutedSource>(std::move(file), type, offset,
                                          elements, std::move(extents),
                                          std::move(strides));
}

std::unique_ptr<TensorSource> makeRandomSource(uint64_t seed,
                                               std::string_view tensorName,
                                               double stddev,
                                               uint64_t elements) {
  return std::make_unique<RandomSource>(randomKey(seed, tensorName), stddev,
                                        elements);
}

std::unique_ptr<TensorSource> makeConstantSource(float value,
                                                 uint64_t elements) {
  return std::make_unique<ConstantSource>(value, elements);
}

} // namespace cvt::weights
