//===- torch_fuzzer.cpp - Any bytes as a file of torch.save ---------------===//
//
// The first byte says what the rest is: 'p' the pickle of a file that is whole
// otherwise, anything else the file.  It is refused in one sentence, or its
// tensors are inside the file.
//
//===----------------------------------------------------------------------===//

#include "frontend/tensor_names.h"
#include "frontend/torch_checkpoint.h"

#include "test/unit/frontend/torch_files.h"

#include <cstdlib>
#include <sstream>

using namespace cvt;

static void require(bool holds) {
  if (!holds)
    std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  std::string file(reinterpret_cast<const char *>(data) + 1, size - 1);
  if (data[0] == 'p')
    file = test::zipFile(
        {{"m/data.pkl", file}, {"m/data/0", std::string(96, '\1')}});

  std::string error;
  std::istringstream stream(file);
  auto checkpoint = parseTorchCheckpoint(stream, "m", error);
  if (!checkpoint) {
    require(!error.empty() && error.find('\n') == error.npos &&
            error.size() < 2000);
    return 0;
  }
  for (const auto &[name, tensor] : checkpoint->tensors) {
    require(tensor.offset <= file.size());
    require(tensor.bytes <= file.size() - tensor.offset);
    for (int64_t extent : tensor.shape)
      require(extent >= 0);
  }
  const size_t count = checkpoint->tensors.size();
  translateOriginalNames(*checkpoint);
  require(checkpoint->tensors.size() == count);
  return 0;
}
