//===- tensor_source.cpp - Values of a tensor, read in pieces -------------===//
//
// The three places that values come from.
//
//===----------------------------------------------------------------------===//

#include "compiler/weights/tensor_source.h"

#include "compiler/weights/random_init.h"

#include <algorithm>
#include <cassert>
#include <utility>

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

std::unique_ptr<TensorSource>
makeMappedSource(std::shared_ptr<const MappedFile> file, DType type,
                 uint64_t offset, uint64_t elements,
                 std::string_view tensorName, std::string &error) {
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(elements, sizeOf(type), &bytes) ||
      !file->bytes(offset, bytes)) {
    error = file->path() + ": tensor " + std::string(tensorName) + " at byte " +
            std::to_string(offset) + " is not all inside the file's " +
            std::to_string(file->size()) +
            " bytes; the file must not change while it is compiled";
    return nullptr;
  }
  return std::make_unique<MappedSource>(std::move(file), type, offset,
                                        elements);
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
