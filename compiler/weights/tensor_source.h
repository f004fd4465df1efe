//===- tensor_source.h - Values of a tensor, read in pieces ---------------===//
//
// Packing reads a few rows at a time and does not care whether they come from
// a file or from a random generator.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_WEIGHTS_TENSOR_SOURCE_H
#define CVT_COMPILER_WEIGHTS_TENSOR_SOURCE_H

#include "compiler/weights/dtype.h"
#include "compiler/weights/mapped_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cvt::weights {

/// A row-major tensor of known length.  Threads may share it.
class TensorSource {
public:
  virtual ~TensorSource() = default;

  uint64_t elements() const { return count; }

  /// Writes elements [first, first + out.size()) to `out`; they must exist.
  virtual void read(uint64_t first, std::span<float> out) const = 0;

  /// Says that elements [first, first + number) will not be read soon, so
  /// that their memory can go.
  virtual void release(uint64_t /*first*/, uint64_t /*number*/) const {}

protected:
  explicit TensorSource(uint64_t count) : count(count) {}

private:
  uint64_t count;
};

/// `elements` numbers of a file at `offset` bytes.  Shares ownership of the
/// file.  Returns null and sets `error` to one sentence naming `tensorName`
/// if they are not all inside it.
std::unique_ptr<TensorSource>
makeMappedSource(std::shared_ptr<const MappedFile> file, DType type,
                 uint64_t offset, uint64_t elements,
                 std::string_view tensorName, std::string &error);

/// The same where the file has the axes in another order: axis i of the tensor
/// of that `shape` is axis `axes[i]` of the row-major one at `offset`.  `axes`
/// are all axes, each once.
std::unique_ptr<TensorSource>
makePermutedSource(std::shared_ptr<const MappedFile> file, DType type,
                   uint64_t offset, std::span<const int64_t> shape,
                   std::span<const int64_t> axes, std::string_view tensorName,
                   std::string &error);

/// See fillTruncatedNormal.
std::unique_ptr<TensorSource> makeRandomSource(uint64_t seed,
                                               std::string_view tensorName,
                                               double stddev,
                                               uint64_t elements);

/// `value` everywhere.
std::unique_ptr<TensorSource> makeConstantSource(float value,
                                                 uint64_t elements);

} // namespace cvt::weights

#endif // CVT_COMPILER_WEIGHTS_TENSOR_SOURCE_H
