//===- safetensors_fuzzer.cpp - Any bytes as a safetensors header ---------===//
//
// The first two bytes say how many bytes of values follow the header, the rest
// is the header.  It is refused in one sentence, or its tensors cover the
// values exactly.
//
//===----------------------------------------------------------------------===//

#include "frontend/expected_tensors.h"
#include "frontend/safetensors.h"

#include <cstdlib>

using namespace cvt;

static void require(bool holds) {
  if (!holds)
    std::abort();
}

static void checkSentence(const std::string &message) {
  require(!message.empty() && message.find('\n') == message.npos &&
          message.size() < 2000);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  uint64_t valueBytes = data[0] | uint64_t(data[1]) << 8;
  std::string_view header(reinterpret_cast<const char *>(data) + 2, size - 2);
  uint64_t valuesOffset = 8 + header.size();
  uint64_t fileBytes = valuesOffset + valueBytes;

  std::string error;
  auto checkpoint = parseSafetensorsHeader(header, fileBytes, "m", error);
  if (!checkpoint) {
    checkSentence(error);
    return 0;
  }
  uint64_t total = 0;
  for (const auto &[name, tensor] : checkpoint->tensors) {
    require(tensor.offset >= valuesOffset && tensor.offset <= fileBytes);
    require(tensor.bytes <= fileBytes - tensor.offset);
    for (int64_t extent : tensor.shape)
      require(extent >= 0);
    total += tensor.bytes;
  }
  require(total == valueBytes);
  // No tensor has both shapes.
  TensorMatch match =
      matchTensors({{"t", {1}, TensorInit::Ones}, {"t", {2}, TensorInit::Ones}},
                   *checkpoint);
  checkSentence(match.error);
  if (!match.warning.empty())
    checkSentence(match.warning);
  return 0;
}
