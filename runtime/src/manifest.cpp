//===- manifest.cpp - What an artifact says about itself ------------------===//
//
// A small reader over parsed JSON that checks type and range of each value and
// names the key in every refusal.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/manifest.h"

#include "runtime/src/sha256.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cvt {

using Json = nlohmann::json;

// Far above any model, and low enough that products of a few of them stay
// within 64 bits.
static constexpr uint64_t maxJsonBytes = uint64_t(64) << 20;
static constexpr int maxJsonDepth = 64;
static constexpr int64_t maxBatch = 1 << 16;
static constexpr int64_t maxExtent = 1 << 24;
static constexpr int64_t maxElements = int64_t(1) << 36;
static constexpr int64_t maxSide = 1 << 16;
static constexpr size_t maxRank = 8;
static constexpr int64_t maxBytes = int64_t(1) << 46;

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

static std::string number(uint64_t value) { return std::to_string(value); }

Refusal readHeader(std::span<const uint8_t> descriptor, uint64_t fileBytes,
                   cvt_manifest_header &out) {
  if (descriptor.size() < sizeof(out))
    return "its manifest is cut off";
  std::memcpy(&out, descriptor.data(), sizeof(out));
  if (std::memcmp(out.magic, CVT_MAGIC, sizeof(out.magic)) != 0)
    return "its manifest does not start with " CVT_MAGIC;
  if (out.format_version != CVT_FORMAT_VERSION ||
      out.abi_version != CVT_ABI_VERSION)
    return "it has format " + number(out.format_version) + " and ABI " +
           number(out.abi_version) + ", this runtime reads format " +
           number(CVT_FORMAT_VERSION) + " and ABI " + number(CVT_ABI_VERSION) +
           ": compile it again with the cvt-compile of this version";
  if (out.file_bytes != fileBytes)
    return "it has " + number(fileBytes) + " bytes instead of " +
           number(out.file_bytes) + ": it was cut off or added to";
  // Subtractions only: sums of what a file says can overflow.
  if (out.weights_offset > fileBytes ||
      out.weights_bytes != fileBytes - out.weights_offset ||
      out.weights_offset % CVT_PAGE_BYTES != 0 ||
      out.code_bytes > out.weights_offset ||
      out.weights_offset - out.code_bytes >= CVT_PAGE_BYTES)
    return "the sizes of its parts do not add up";
  const uint64_t rest = descriptor.size() - sizeof(out);
  if (out.json_bytes > rest || out.json_bytes > maxJsonBytes ||
      (rest - out.json_bytes) % CVT_DIGEST_BYTES != 0 ||
      out.digest_count != (rest - out.json_bytes) / CVT_DIGEST_BYTES ||
      out.digest_count != fileBytes / CVT_DIGEST_CHUNK_BYTES +
                              (fileBytes % CVT_DIGEST_CHUNK_BYTES != 0))
    return "the sizes in its manifest do not add up";
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

namespace {
/// Reads values of one JSON object.  The first problem is kept and everything
/// after it is skipped, so that callers check once, at the end.
class Reader {
public:
  Reader(const Json &object, std::string prefix, Refusal &refusal)
      : object(object), prefix(std::move(prefix)), refusal(refusal) {
    if (!object.is_object())
      refuse("", "must be an object");
  }

  /// `key` may be empty, for the object itself.
  void refuse(const std::string &key, const std::string &problem) {
    std::string path = prefix + key;
    if (path.ends_with('.'))
      path.pop_back();
    if (!refusal)
      refusal = "its manifest" + (path.empty() ? " " : "'s \"" + path + "\" ") +
                problem;
  }

  /// The value of `key`, or null after a refusal.
  const Json *find(const char *key) {
    if (refusal)
      return nullptr;
    auto it = object.find(key);
    if (it == object.end()) {
      refuse(key, "is missing");
      return nullptr;
    }
    return &*it;
  }

  const Json *findList(const char *key, size_t least, size_t most) {
    const Json *value = find(key);
    if (value && value->is_array() && value->size() >= least &&
        value->size() <= most)
      return value;
    if (value)
      refuse(key, "must be a list of " + number(least) + " to " + number(most) +
                      " entries");
    return nullptr;
  }

  int64_t readInteger(const char *key, int64_t least, int64_t most) {
    const Json *value = find(key);
    if (value && isInteger(*value, least, most))
      return value->get<int64_t>();
    if (value)
      refuse(key, "must be a whole number from " + std::to_string(least) +
                      " to " + std::to_string(most));
    return least;
  }

  double readNumber(const char *key) {
    const Json *value = find(key);
    if (value && value->is_number() && std::isfinite(value->get<double>()))
      return value->get<double>();
    if (value)
      refuse(key, "must be a finite number");
    return 0;
  }

  bool readBool(const char *key) {
    const Json *value = find(key);
    if (value && value->is_boolean())
      return value->get<bool>();
    if (value)
      refuse(key, "must be true or false");
    return false;
  }

  std::string readText(const char *key) {
    const Json *value = find(key);
    if (value && isText(*value))
      return value->get<std::string>();
    if (value)
      refuse(key, "must be a string");
    return {};
  }

  static bool isInteger(const Json &value, int64_t least, int64_t most) {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<uint64_t>() > uint64_t(INT64_MAX)))
      return false;
    const auto integer = value.get<int64_t>();
    return integer >= least && integer <= most;
  }

  /// A string that C can represent.
  static bool isText(const Json &value) {
    return value.is_string() &&
           value.get_ref<const std::string &>().find('\0') == std::string::npos;
  }

  /// "outputs[3].", for readers of parts of this object.
  std::string childPrefix(const char *key, size_t index) const {
    return prefix + key + "[" + number(index) + "].";
  }

  Refusal &sharedRefusal() { return refusal; }

private:
  const Json &object;
  std::string prefix;
  Refusal &refusal;
};
} // namespace

static bool isName(const std::string &name) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), allowed);
}

static TensorSpec readTensor(Reader reader) {
  TensorSpec tensor;
  tensor.name = reader.readText("name");
  if (!isName(tensor.name))
    reader.refuse("name", "must be letters, digits and underscores");
  const Json *shape = reader.findList("shape", 2, maxRank);
  if (!shape)
    return tensor;
  tensor.elementsPerImage = 1;
  for (size_t i = 0; i < shape->size(); ++i) {
    const Json &extent = (*shape)[i];
    if (i == 0 ? !Reader::isInteger(extent, -1, -1)
               : !Reader::isInteger(extent, 1, maxExtent)) {
      reader.refuse("shape", "must be -1 and then positive extents");
      return tensor;
    }
    tensor.shape.push_back(extent.get<int64_t>());
    if (i != 0)
      tensor.elementsPerImage *= tensor.shape.back();
    if (tensor.elementsPerImage > maxElements) {
      reader.refuse("shape", "is too large");
      return tensor;
    }
  }
  return tensor;
}

static std::vector<std::string> readTexts(Reader &reader, const char *key,
                                          size_t most) {
  std::vector<std::string> texts;
  if (const Json *list = reader.findList(key, 0, most))
    for (const Json &text : *list) {
      if (!Reader::isText(text)) {
        reader.refuse(key, "must be a list of strings");
        break;
      }
      texts.push_back(text.get<std::string>());
    }
  return texts;
}

static std::array<double, 3> readTriple(Reader &reader, const char *key) {
  std::array<double, 3> triple = {};
  const Json *list = reader.findList(key, 3, 3);
  for (size_t i = 0; list && i < triple.size(); ++i) {
    if (!(*list)[i].is_number()) {
      reader.refuse(key, "must be a list of numbers");
      break;
    }
    triple[i] = (*list)[i].get<double>();
  }
  return triple;
}

static image::ProcessorConfig readImageProcessor(Reader reader) {
  image::ProcessorConfig config;
  config.doResize = reader.readBool("do_resize");
  config.doRescale = reader.readBool("do_rescale");
  config.doNormalize = reader.readBool("do_normalize");
  config.size = static_cast<int>(reader.readInteger("size", 1, maxSide));
  config.cropPct = reader.readNumber("crop_pct");
  config.resample =
      static_cast<image::Filter>(reader.readInteger("resample", 0, 5));
  config.rescaleFactor = reader.readNumber("rescale_factor");
  config.mean = readTriple(reader, "image_mean");
  config.std = readTriple(reader, "image_std");
  if (reader.sharedRefusal())
    return config;
  if (image::Status error = image::checkConfig(config))
    reader.refuse("", "is unusable: " + error->message);
  return config;
}

static TargetSpec readTarget(Reader reader) {
  TargetSpec target;
  target.name = reader.readText("name");
  target.cpuFeatures = readTexts(reader, "cpu_features", 256);
  const Json *kernels = reader.findList("kernels", 0, 1 << 20);
  for (size_t i = 0; kernels && i < kernels->size(); ++i) {
    // Not used here, but printed for profiles.
    Reader kernel((*kernels)[i], reader.childPrefix("kernels", i),
                  reader.sharedRefusal());
    kernel.readText("name");
    kernel.readInteger("calls", 0, INT64_MAX);
    kernel.readInteger("flops_per_image", 0, INT64_MAX);
    kernel.readInteger("bytes_per_image", 0, INT64_MAX);
  }
  return target;
}

/// Facts that the runtime only passes on.
static void checkModelFacts(Reader &reader) {
  reader.readText("compiler");
  if (const Json *model = reader.find("model")) {
    Reader facts(*model, "model.", reader.sharedRefusal());
    facts.readText("architecture");
    facts.readText("activation");
    facts.readText("source_sha256");
    if (const Json *config = facts.find("config");
        config && !config->is_object())
      facts.refuse("config", "must be an object");
  }
}

static void readTensors(Reader &reader, Manifest &out) {
  if (const Json *input = reader.find("input"))
    out.input = readTensor({*input, "input.", reader.sharedRefusal()});
  if (out.input.shape.size() != 4)
    reader.refuse("input", "must have a shape of 4 extents");
  const Json *outputs = reader.findList("outputs", 1, 256);
  for (size_t i = 0; outputs && i < outputs->size(); ++i) {
    out.outputs.push_back(
        readTensor({(*outputs)[i], reader.childPrefix("outputs", i),
                    reader.sharedRefusal()}));
    for (size_t j = 0; j < i; ++j)
      if (out.outputs[j].name == out.outputs[i].name)
        reader.refuse("outputs", "must have different names");
  }
}

static void readPictures(Reader &reader, Manifest &out) {
  const Json *processor = reader.find("image_processor");
  if (!processor || processor->is_null())
    return;
  out.imageProcessor = readImageProcessor(
      {*processor, "image_processor.", reader.sharedRefusal()});
  if (reader.sharedRefusal())
    return;
  const std::vector<int64_t> &shape = out.input.shape;
  const int size = out.imageProcessor->size;
  if (shape[1] != 3)
    reader.refuse("image_processor", "must be null for other than 3 channels");
  else if (out.imageProcessor->doResize &&
           (shape[2] != size || shape[3] != size))
    reader.refuse("image_processor", "makes pictures of another size than the "
                                     "model's input has");
}

static Refusal readValues(const Json &json, Manifest &out) {
  Refusal refusal;
  Reader reader(json, "", refusal);
  checkModelFacts(reader);
  readTensors(reader, out);
  readPictures(reader, out);
  out.maxBatch = reader.readInteger("max_batch", 1, maxBatch);
  out.labels = readTexts(reader, "labels", 1 << 20);
  if (const Json *type = reader.find("problem_type"); type && !type->is_null())
    out.problemType = reader.readText("problem_type");
  out.precision = reader.readText("precision");
  out.arenaBytesPerImage =
      reader.readInteger("arena_bytes_per_image", 0, maxBytes);
  out.scratchBytesPerThread =
      reader.readInteger("scratch_bytes_per_thread", 0, maxBytes);
  out.flopsPerImage = reader.readInteger("flops_per_image", 0, INT64_MAX);
  const Json *targets = reader.findList("targets", 1, 64);
  for (size_t i = 0; targets && i < targets->size(); ++i)
    out.targets.push_back(
        readTarget({(*targets)[i], reader.childPrefix("targets", i), refusal}));
  return refusal;
}

Refusal readManifest(std::span<const uint8_t> descriptor,
                     const cvt_manifest_header &header, Manifest &out) {
  auto text = descriptor.subspan(sizeof(header), header.json_bytes);
  bool tooDeep = false;
  auto limitDepth = [&](int depth, Json::parse_event_t, Json &) {
    tooDeep |= depth > maxJsonDepth;
    return !tooDeep;
  };
  Json json = Json::parse(text.begin(), text.end(), limitDepth,
                          /*allow_exceptions=*/false);
  if (tooDeep || json.is_discarded())
    return tooDeep ? "its manifest is nested too deeply"
                   : "its manifest is not JSON";
  if (Refusal refusal = readValues(json, out))
    return refusal;
  json["sha256"] = {{"code", toHex(header.code_sha256)},
                    {"weights", toHex(header.weights_sha256)}};
  out.text = json.dump();
  return std::nullopt;
}

} // namespace cvt
