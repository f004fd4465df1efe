//===- safetensors_writer.cpp - A model's weights as Hugging Face's file --===//
//
// The header first, which only depends on names and shapes; then values, a
// piece at a time.  Counters of batch norms go in front: as the only 8-byte
// numbers they keep every tensor aligned.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-compile/safetensors_writer.h"

#include "compiler/weights/mapped_file.h"
#include "compiler/weights/tensor_source.h"
#include "frontend/expected_tensors.h"
#include "tools/cvt-compile/output_file.h"

#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <utility>
#include <vector>

using namespace cvt;

namespace {

class Writer {
public:
  Writer(const SourceModel &model, uint64_t seed);

  /// Writes the whole file, except for what `stream` cannot take.
  llvm::Error write(llvm::raw_ostream &stream);

private:
  using Source = std::unique_ptr<weights::TensorSource>;

  std::string header() const;
  llvm::Expected<const weights::MappedFile *> open(const std::string &path);
  llvm::Expected<int64_t> readCounter(const std::string &name);
  llvm::Expected<Source> openSource(const ExpectedTensor &tensor);

  const SourceModel &model;
  uint64_t seed;
  /// Names of the `num_batches_tracked`.
  std::vector<std::string> counters;
  std::vector<ExpectedTensor> tensors;
  std::map<std::string, std::shared_ptr<const weights::MappedFile>> files;
};

} // namespace

static_assert(std::endian::native == std::endian::little,
              "numbers are stored little-endian");

static uint64_t elementsOf(const ExpectedTensor &tensor) {
  uint64_t elements = 1;
  for (int64_t extent : tensor.shape)
    elements *= static_cast<uint64_t>(extent);
  return elements;
}

Writer::Writer(const SourceModel &model, uint64_t seed)
    : model(model), seed(seed), tensors(expectedTensors(model.config)) {
  llvm::StringRef ofBatchNorm = "running_var";
  for (const ExpectedTensor &tensor : tensors)
    if (llvm::StringRef name = tensor.name; name.consume_back(ofBatchNorm))
      counters.push_back((name + "num_batches_tracked").str());
}

std::string Writer::header() const {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
  uint64_t offset = 0;
  auto add = [&](const std::string &name, const char *type,
                 const std::vector<int64_t> &shape, uint64_t bytes) {
    header[name] = {{"dtype", type},
                    {"shape", shape},
                    {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  };
  for (const std::string &name : counters)
    add(name, "I64", {}, sizeof(int64_t));
  for (const ExpectedTensor &tensor : tensors)
    add(tensor.name, "F32", tensor.shape, elementsOf(tensor) * sizeof(float));
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

llvm::Expected<const weights::MappedFile *>
Writer::open(const std::string &path) {
  auto &file = files[path];
  if (!file) {
    std::string error;
    auto opened = weights::MappedFile::open(path, error);
    if (!opened)
      return llvm::createStringError(error);
    file = std::make_shared<const weights::MappedFile>(std::move(*opened));
  }
  return file.get();
}

/// How many batches a batch norm has seen; 0 where the checkpoint does not say.
llvm::Expected<int64_t> Writer::readCounter(const std::string &name) {
  const CheckpointTensor *stored =
      model.checkpoint ? model.checkpoint->find(name) : nullptr;
  int64_t count = 0;
  if (!stored || stored->type != ElementType::I64 ||
      stored->bytes != sizeof count)
    return count;
  auto file = open(stored->file);
  if (!file)
    return file.takeError();
  if (auto bytes = (*file)->bytes(stored->offset, sizeof count))
    std::copy(bytes->begin(), bytes->end(),
              reinterpret_cast<std::byte *>(&count));
  return count;
}

llvm::Expected<Writer::Source>
Writer::openSource(const ExpectedTensor &tensor) {
  uint64_t elements = elementsOf(tensor);
  const CheckpointTensor *stored =
      model.checkpoint ? model.checkpoint->find(tensor.name) : nullptr;
  if (!stored) {
    if (tensor.init == TensorInit::TruncatedNormal)
      return weights::makeRandomSource(
          seed, tensor.name, static_cast<float>(model.config.initializerRange),
          elements);
    return weights::makeConstantSource(
        tensor.init == TensorInit::Ones ? 1.0f : 0.0f, elements);
  }
  auto file = open(stored->file);
  if (!file)
    return file.takeError();
  std::string error;
  // matchTensors lets no other types through.
  weights::DType type = *weights::parseDType(stored->typeName);
  Source source =
      stored->axes.empty()
          ? weights::makeMappedSource(files[stored->file], type, stored->offset,
                                      elements, tensor.name, error)
          : weights::makePermutedSource(files[stored->file], type,
                                        stored->offset, stored->shape,
                                        stored->axes, tensor.name, error);
  if (!source)
    return llvm::createStringError(error);
  return source;
}

template <typename T> static llvm::StringRef bytesOf(llvm::ArrayRef<T> values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

llvm::Error Writer::write(llvm::raw_ostream &stream) {
  std::string text = header();
  uint64_t length = text.size();
  stream << bytesOf<uint64_t>(length) << text;
  for (const std::string &name : counters) {
    auto count = readCounter(name);
    if (!count)
      return count.takeError();
    stream << bytesOf<int64_t>(*count);
  }
  std::vector<float> piece(1 << 16);
  for (const ExpectedTensor &tensor : tensors) {
    auto source = openSource(tensor);
    if (!source)
      return source.takeError();
    uint64_t elements = (*source)->elements();
    for (uint64_t first = 0; first < elements; first += piece.size()) {
      std::span<float> values(
          piece.data(), std::min<uint64_t>(piece.size(), elements - first));
      (*source)->read(first, values);
      stream << bytesOf<float>({values.data(), values.size()});
    }
    (*source)->release(0, elements);
  }
  return llvm::Error::success();
}

llvm::Error cvt::writeSafetensors(const std::string &path,
                                  const SourceModel &model, uint64_t seed) {
  return writeOutputFile(path, [&](llvm::raw_ostream &stream) {
    return Writer(model, seed).write(stream);
  });
}
