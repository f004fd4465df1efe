//===- tensor_names.cpp - One name for the same tensor of other classes ---===//

#include "frontend/tensor_names.h"

#include <string>
#include <string_view>
#include <utility>

namespace cvt {

static constexpr std::string_view bareEncoder = "encoder.";
static constexpr std::string_view classifierEncoder = "cvt.encoder.";

static bool hasAny(const Checkpoint &checkpoint, std::string_view prefix) {
  auto found = checkpoint.tensors.lower_bound(prefix);
  return found != checkpoint.tensors.end() && found->first.starts_with(prefix);
}

bool lacksHead(const Checkpoint &checkpoint) {
  return (hasAny(checkpoint, bareEncoder) ||
          hasAny(checkpoint, classifierEncoder)) &&
         !hasAny(checkpoint, "layernorm.") && !hasAny(checkpoint, "classifier.");
}

void adaptNames(const CvtConfig &config, Checkpoint &checkpoint) {
  bool bare = config.architecture == Architecture::Model;
  std::string_view wanted = bare ? bareEncoder : classifierEncoder;
  std::string_view other = bare ? classifierEncoder : bareEncoder;
  if (hasAny(checkpoint, wanted))
    return;
  decltype(checkpoint.tensors) renamed;
  for (auto &[name, tensor] : checkpoint.tensors) {
    std::string known = name;
    if (name.starts_with(other))
      known.replace(0, other.size(), wanted);
    renamed.emplace(std::move(known), std::move(tensor));
  }
  checkpoint.tensors = std::move(renamed);
}

} // namespace cvt
