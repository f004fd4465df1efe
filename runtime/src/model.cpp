//===- model.cpp - An opened artifact -------------------------------------===//
//
// The order of the steps is the point of this file: the code is copied to where
// nobody can change it, everything is checked on that copy, and only then does
// the system's loader see it.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/model.h"

#include "runtime/src/cpu_features.h"
#include "runtime/src/digest.h"
#include "runtime/src/elf_check.h"
#include "runtime/src/sha256.h"
#include "runtime/src/thread_pool.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <dlfcn.h>

using namespace cvt;

void LibraryCloser::operator()(void *library) const { ::dlclose(library); }

/// The steps of opening a model, each of which relies on those before it.
struct cvt_model::Loader {
  cvt_model &model;
  FileDescriptor file = {};
  uint64_t fileBytes = 0;
  cvt_manifest_header header = {};
  Mapping codeMapping = {};
  std::span<const uint8_t> code = {}; ///< of the sealed copy
  ByteRange note = {};

  Status refuse(const std::string &reason) const {
    return fail(CVT_BAD_ARTIFACT,
                model.path + ": not a usable model: " + reason);
  }
  Status accept(const Refusal &refusal) const {
    return refusal ? refuse(*refusal) : nullptr;
  }

  std::span<const uint8_t> descriptor(std::span<const uint8_t> bytes) const {
    return bytes.subspan(note.offset, note.bytes);
  }

  Status mapFile();
  Status copyCode();
  Status checkCode();
  Status checkDigests();
  Status checkSha256();
  Status chooseTarget();
  Status loadCode();
};

Status cvt_model::Loader::mapFile() {
  if (Status status = openRegularFile(model.path, file, fileBytes))
    return status;
  if (fileBytes == 0)
    return refuse("it is empty");
  return Mapping::mapFile(file, fileBytes, model.path, model.file);
}

/// How much of the file is code is only known from its note; what is learned
/// from the file here is checked again on the copy.
Status cvt_model::Loader::copyCode() {
  std::span<const uint8_t> bytes = model.file.bytes();
  if (Status status = accept(findNote(bytes, note)))
    return status;
  if (Status status = accept(readHeader(descriptor(bytes), fileBytes, header)))
    return status;
  if (header.code_bytes < note.offset + note.bytes)
    return refuse("its manifest lies outside of its code");
  for (uint64_t at = header.code_bytes; at < header.weights_offset; ++at)
    if (bytes[at] != 0)
      return refuse("its padding is damaged");
  if (Status status = makeSealedCopy(bytes.first(header.weights_offset),
                                     model.path, model.code))
    return status;
  if (Status status = Mapping::mapFile(model.code, header.weights_offset,
                                       model.path, codeMapping))
    return status;
  code = codeMapping.bytes();
  return nullptr;
}

Status cvt_model::Loader::checkCode() {
  if (Status status = accept(findNote(code, note)))
    return status;
  cvt_manifest_header copied;
  if (Status status = accept(readHeader(descriptor(code), fileBytes, copied)))
    return status;
  if (std::memcmp(&copied, &header, sizeof(header)) != 0 ||
      header.code_bytes < note.offset + note.bytes)
    return refuse("it changed while it was read");
  return accept(checkElf(code.first(header.code_bytes)));
}

Status cvt_model::Loader::checkDigests() {
  const DigestedFile digested{code, model.weights,
                              note.offset + sizeof(header) + header.json_bytes,
                              header.digest_count * CVT_DIGEST_BYTES};
  if (auto damaged = findDamage(digested, countUsableCpus()))
    return refuse("its bytes " +
                  std::to_string(*damaged * CVT_DIGEST_CHUNK_BYTES) + " to " +
                  std::to_string(std::min<uint64_t>(
                      (*damaged + 1) * CVT_DIGEST_CHUNK_BYTES, fileBytes)) +
                  " are damaged");
  return nullptr;
}

Status cvt_model::Loader::checkSha256() {
  const uint64_t hashOffset =
      note.offset + offsetof(cvt_manifest_header, code_sha256);
  const uint64_t digestsOffset =
      note.offset + sizeof(header) + header.json_bytes;
  std::vector<uint8_t> cleared(code.begin(), code.end());
  std::memset(&cleared[hashOffset], 0, sizeof(header.code_sha256));
  std::memset(&cleared[digestsOffset], 0,
              header.digest_count * CVT_DIGEST_BYTES);
  auto matches = [](std::span<const uint8_t> bytes, const uint8_t *expected) {
    Sha256 hash;
    hash.update(bytes);
    const Sha256::Value value = hash.finish();
    return std::memcmp(value.data(), expected, value.size()) == 0;
  };
  if (!matches(cleared, header.code_sha256))
    return refuse("its code does not have the SHA-256 it was written with");
  if (!matches(model.weights, header.weights_sha256))
    return refuse("its weights do not have the SHA-256 they were written with");
  return nullptr;
}

/// The first feature of the target that this CPU lacks, or null.
static const std::string *findMissing(const TargetSpec &target) {
  for (const std::string &feature : target.cpuFeatures)
    if (!cpuHasFeature(feature))
      return &feature;
  return nullptr;
}

Status cvt_model::Loader::chooseTarget() {
  std::string reasons;
  for (const TargetSpec &target : model.manifest.targets) {
    const std::string *missing = findMissing(target);
    if (!missing) {
      model.target = &target;
      return nullptr;
    }
    reasons += (reasons.empty() ? "" : ", ") + target.name + " (needs " +
               *missing + ")";
  }
  return fail(CVT_UNSUPPORTED_CPU,
              model.path + ": compiled for " + reasons +
                  ", which this CPU does not have: compile it again with "
                  "--target=native on this machine");
}

Status cvt_model::Loader::loadCode() {
  const std::string name = "/proc/self/fd/" + std::to_string(model.code.get());
  model.library.reset(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!model.library)
    return fail(CVT_IO_ERROR, model.path +
                                  ": the system's loader refuses the "
                                  "code: " +
                                  ::dlerror());
  auto query = reinterpret_cast<cvt_query_fn>(
      ::dlsym(model.library.get(), CVT_QUERY_SYMBOL));
  const cvt_program *program = query ? query() : nullptr;
  const std::vector<TargetSpec> &targets = model.manifest.targets;
  if (!program || program->abi_version != CVT_ABI_VERSION ||
      program->target_count != targets.size() || !program->forward)
    return refuse("its code and its manifest contradict each other");
  model.forward = program->forward[model.target - targets.data()];
  return model.forward ? nullptr : refuse("its code has no entry point");
}

Status cvt_model::open(const std::string &path, bool verifySha256,
                       std::unique_ptr<cvt_model> &out) {
  auto model = std::make_unique<cvt_model>();
  model->path = path;
  Loader loader{*model};
  if (Status status = loader.mapFile())
    return status;
  if (Status status = loader.copyCode())
    return status;
  if (Status status = loader.checkCode())
    return status;
  model->weights = std::span<const uint8_t>(model->file.bytes())
                       .subspan(loader.header.weights_offset);
  if (Status status = loader.checkDigests())
    return status;
  if (verifySha256)
    if (Status status = loader.checkSha256())
      return status;
  if (Status status = loader.accept(readManifest(
          loader.descriptor(loader.code), loader.header, model->manifest)))
    return status;
  if (Status status = loader.chooseTarget())
    return status;
  // Everything above only read; from here on, code of the file runs.
  if (Status status = loader.loadCode())
    return status;
  model->fillInfo();
  out = std::move(model);
  return nullptr;
}

static cvt_tensor_info describeTensor(const TensorSpec &tensor) {
  return {tensor.name.c_str(), tensor.shape.size(), tensor.shape.data()};
}

void cvt_model::fillInfo() {
  for (const TensorSpec &output : manifest.outputs)
    outputInfos.push_back(describeTensor(output));
  for (const std::string &label : manifest.labels)
    labelPointers.push_back(label.c_str());
}

void cvt_model::describe(cvt_model_info &out) const {
  out.input = describeTensor(manifest.input);
  out.output_count = outputInfos.size();
  out.outputs = outputInfos.data();
  out.max_batch = manifest.maxBatch;
  out.label_count = labelPointers.size();
  out.labels = labelPointers.data();
  out.problem_type = manifest.problemType.c_str();
  out.precision = manifest.precision.c_str();
  out.target = target->name.c_str();
  out.takes_images = manifest.imageProcessor.has_value();
  out.weights_bytes = weights.size();
  out.arena_bytes_per_image = manifest.arenaBytesPerImage;
  out.flops_per_image = manifest.flopsPerImage;
  out.manifest_json = manifest.text.c_str();
}
