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
         !hasAny(checkpoint, "layernorm.") &&
         !hasAny(checkpoint, "classifier.");
}

/// Gives the class token of a file that does not say its stage that stage.
static void placeClassToken(const CvtConfig &config, std::string_view encoder,
                            Checkpoint &checkpoint) {
  auto token = checkpoint.tensors.extract(std::string(encoder) + "cls_token");
  if (token.empty())
    return;
  for (size_t i = config.stages.size(); i-- != 0;)
    if (config.stages[i].clsToken) {
      token.key() =
          std::string(encoder) + "stages." + std::to_string(i) + ".cls_token";
      break;
    }
  checkpoint.tensors.insert(std::move(token));
}

/// Replaces what the encoder's names start with, unless some start so already.
static void renameEncoder(std::string_view wanted, std::string_view other,
                          Checkpoint &checkpoint) {
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

void adaptNames(const CvtConfig &config, Checkpoint &checkpoint) {
  bool bare = config.architecture == Architecture::Model;
  std::string_view wanted = bare ? bareEncoder : classifierEncoder;
  renameEncoder(wanted, bare ? classifierEncoder : bareEncoder, checkpoint);
  placeClassToken(config, wanted, checkpoint);
}

} // namespace cvt
