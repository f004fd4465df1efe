//===- tensor_names.cpp - One name for the same tensor of other classes ---===//

#include "frontend/tensor_names.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cvt {

static constexpr std::string_view bareEncoder = "encoder.";
static constexpr std::string_view classifierEncoder = "cvt.encoder.";

namespace {

/// What names of the original repository start with, and Hugging Face's.
struct PrefixPair {
  std::string_view original;
  std::string_view known;
};

constexpr PrefixPair headPrefixes[] = {
    {"norm.", "layernorm."},
    {"head.", "classifier."},
};

/// Behind "stage0.", which is "cvt.encoder.stages.0.".
constexpr PrefixPair stagePrefixes[] = {
    {"patch_embed.proj.", "embedding.convolution_embeddings.projection."},
    {"patch_embed.norm.", "embedding.convolution_embeddings.normalization."},
    {"cls_token", "cls_token"},
};

/// Behind "stage0.blocks.0.", which is "cvt.encoder.stages.0.layers.0.".
constexpr PrefixPair layerPrefixes[] = {
    {"attn.proj.", "attention.output.dense."},
    {"mlp.fc1.", "intermediate.dense."},
    {"mlp.fc2.", "output.dense."},
    {"norm1.", "layernorm_before."},
    {"norm2.", "layernorm_after."},
    {"attn.proj_q.", "attention.attention.projection_query."},
    {"attn.proj_k.", "attention.attention.projection_key."},
    {"attn.proj_v.", "attention.attention.projection_value."},
    {"attn.conv_proj_q.conv.",
     "attention.attention.convolution_projection_query.convolution_projection."
     "convolution."},
    {"attn.conv_proj_k.conv.",
     "attention.attention.convolution_projection_key.convolution_projection."
     "convolution."},
    {"attn.conv_proj_v.conv.",
     "attention.attention.convolution_projection_value.convolution_projection."
     "convolution."},
    {"attn.conv_proj_q.bn.",
     "attention.attention.convolution_projection_query.convolution_projection."
     "normalization."},
    {"attn.conv_proj_k.bn.",
     "attention.attention.convolution_projection_key.convolution_projection."
     "normalization."},
    {"attn.conv_proj_v.bn.",
     "attention.attention.convolution_projection_value.convolution_projection."
     "normalization."},
};

} // namespace

static std::optional<std::string>
replacePrefix(std::string_view name, std::span<const PrefixPair> prefixes) {
  for (const PrefixPair &prefix : prefixes)
    if (name.starts_with(prefix.original))
      return std::string(prefix.known)
          .append(name.substr(prefix.original.size()));
  return std::nullopt;
}

/// Splits "PREFIX12.rest" into "12." and "rest".
static bool takeNumber(std::string_view prefix, std::string_view &name,
                       std::string_view &number) {
  if (!name.starts_with(prefix))
    return false;
  std::string_view behind = name.substr(prefix.size());
  size_t digits = behind.find_first_not_of("0123456789");
  if (digits == 0 || digits == behind.npos || behind[digits] != '.')
    return false;
  number = behind.substr(0, digits + 1);
  name = behind.substr(digits + 1);
  return true;
}

/// Hugging Face's name of a tensor of the original repository's model.
static std::optional<std::string> translateOriginalName(std::string_view name) {
  std::string_view stage, layer;
  if (!takeNumber("stage", name, stage))
    return replacePrefix(name, headPrefixes);
  std::string path = std::string(classifierEncoder) + "stages.";
  path += stage;
  std::optional<std::string> rest;
  if (takeNumber("blocks.", name, layer)) {
    path.append("layers.").append(layer);
    rest = replacePrefix(name, layerPrefixes);
  } else {
    rest = replacePrefix(name, stagePrefixes);
  }
  return rest ? std::optional(path + *rest) : std::nullopt;
}

static bool hasAny(const Checkpoint &checkpoint, std::string_view prefix) {
  auto found = checkpoint.tensors.lower_bound(prefix);
  return found != checkpoint.tensors.end() && found->first.starts_with(prefix);
}

bool translateOriginalNames(Checkpoint &checkpoint) {
  if (!hasAny(checkpoint, "stage0.patch_embed."))
    return false;
  decltype(checkpoint.tensors) renamed;
  for (auto &[name, tensor] : checkpoint.tensors) {
    std::optional<std::string> known = translateOriginalName(name);
    // None replaces a tensor that has that name already.
    bool isFree = known && !checkpoint.find(*known);
    renamed.emplace(isFree ? *known : name, std::move(tensor));
  }
  checkpoint.tensors = std::move(renamed);
  return true;
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
