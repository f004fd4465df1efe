//===- manifest.h - What an artifact says about itself --------------------===//
//
// The note's descriptor, parsed and checked: nothing in a Manifest is outside
// of the ranges stated here, whatever the file says.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_MANIFEST_H
#define CVT_RUNTIME_MANIFEST_H

#include "runtime/image/processor.h"
#include "runtime/include/cvt/abi.h"
#include "runtime/src/elf_check.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cvt {

struct TensorSpec {
  /// Letters, digits and underscores: it also names files.
  std::string name;
  /// shape[0] is -1, the batch; the others are positive.
  std::vector<int64_t> shape;
  /// Product of the other extents; times the largest batch, far below 2^60.
  int64_t elementsPerImage = 0;
};

struct TargetSpec {
  std::string name;
  std::vector<std::string> cpuFeatures;
};

struct Manifest {
  TensorSpec input; ///< rank 4
  std::vector<TensorSpec> outputs;
  int64_t maxBatch = 0;
  std::vector<std::string> labels;
  std::string problemType; ///< empty if the model names none
  std::string precision;
  /// Accepted by image::checkConfig; makes pictures of the input's size.
  std::optional<image::ProcessorConfig> imageProcessor;
  /// Times maxBatch, arena bytes do not overflow.
  uint64_t arenaBytesPerImage = 0;
  uint64_t scratchBytesPerThread = 0;
  uint64_t flopsPerImage = 0;
  std::vector<TargetSpec> targets;
  /// The JSON, with the header's SHA-256 added under "sha256".
  std::string text;
};

/// Reads the header at the start of the note's descriptor and checks that its
/// sizes fit together, fit the descriptor's and are those of the file.
Refusal readHeader(std::span<const uint8_t> descriptor, uint64_t fileBytes,
                   cvt_manifest_header &out);

/// Parses the JSON between header and digests.  `descriptor` as above, `header`
/// from readHeader.
Refusal readManifest(std::span<const uint8_t> descriptor,
                     const cvt_manifest_header &header, Manifest &out);

} // namespace cvt

#endif // CVT_RUNTIME_MANIFEST_H
