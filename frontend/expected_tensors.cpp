//===- expected_tensors.cpp - Which tensors a model needs -----------------===//
//
// Follows the module tree of transformers' CvtForImageClassification.
//
//===----------------------------------------------------------------------===//

#include "frontend/expected_tensors.h"

#include "frontend/json_reader.h"

#include <algorithm>
#include <set>

namespace cvt {

namespace {

/// Appends the parameters of modules, each named by its path.
class TensorList {
public:
  std::vector<ExpectedTensor> tensors;

  void add(const std::string &name, std::vector<int64_t> shape,
           TensorInit init) {
    tensors.push_back({name, std::move(shape), init});
  }

  void addNorm(const std::string &path, int64_t channels) {
    add(path + ".weight", {channels}, TensorInit::Ones);
    add(path + ".bias", {channels}, TensorInit::Zeros);
  }

  void addBatchNorm(const std::string &path, int64_t channels) {
    addNorm(path, channels);
    add(path + ".running_mean", {channels}, TensorInit::Zeros);
    add(path + ".running_var", {channels}, TensorInit::Ones);
  }

  void addLinear(const std::string &path, int64_t from, int64_t to,
                 bool bias = true) {
    add(path + ".weight", {to, from}, TensorInit::TruncatedNormal);
    if (bias)
      add(path + ".bias", {to}, TensorInit::Zeros);
  }

  void addLayer(const std::string &path, const StageConfig &stage) {
    int64_t dim = stage.embedDim;
    std::string attention = path + ".attention.attention.";
    if (stage.projectionMethod == ProjectionMethod::DwBn)
      for (const char *which : {"query", "key", "value"}) {
        std::string projection = attention + "convolution_projection_" + which +
                                 ".convolution_projection.";
        add(projection + "convolution.weight",
            {dim, 1, stage.kernelQkv, stage.kernelQkv},
            TensorInit::TruncatedNormal);
        addBatchNorm(projection + "normalization", dim);
      }
    for (const char *which : {"query", "key", "value"})
      addLinear(attention + "projection_" + which, dim, dim, stage.qkvBias);
    addLinear(path + ".attention.output.dense", dim, dim);
    addLinear(path + ".intermediate.dense", dim, stage.mlpHidden());
    addLinear(path + ".output.dense", stage.mlpHidden(), dim);
    addNorm(path + ".layernorm_before", dim);
    addNorm(path + ".layernorm_after", dim);
  }

  void addStage(const std::string &path, const CvtConfig &config, size_t i) {
    const StageConfig &stage = config.stages[i];
    if (stage.clsToken)
      add(path + ".cls_token", {1, 1, stage.embedDim},
          TensorInit::TruncatedNormal);
    std::string embedding = path + ".embedding.convolution_embeddings.";
    add(embedding + "projection.weight",
        {stage.embedDim, config.inputChannels(i), stage.patchSize,
         stage.patchSize},
        TensorInit::TruncatedNormal);
    add(embedding + "projection.bias", {stage.embedDim}, TensorInit::Zeros);
    addNorm(embedding + "normalization", stage.embedDim);
    for (int64_t j = 0; j != stage.depth; ++j)
      addLayer(path + ".layers." + std::to_string(j), stage);
  }
};

/// A list that may be long: the first five items, then a count.
class Enumeration {
public:
  void add(const std::string &item) {
    if (++count <= shown)
      text += (count > 1 ? ", " : "") + item;
  }

  bool empty() const { return count == 0; }

  std::string str() const {
    if (count <= shown)
      return text;
    return text + " and " + std::to_string(count - shown) + " more";
  }

private:
  static constexpr size_t shown = 5;
  std::string text;
  size_t count = 0;
};

} // namespace

std::vector<ExpectedTensor> expectedTensors(const CvtConfig &config) {
  TensorList list;
  bool bare = config.architecture == Architecture::Model;
  std::string stages = bare ? "encoder.stages." : "cvt.encoder.stages.";
  for (size_t i = 0; i != config.stages.size(); ++i)
    list.addStage(stages + std::to_string(i), config, i);
  if (!bare) {
    int64_t dim = config.stages.back().embedDim;
    list.addNorm("layernorm", dim);
    if (config.numLabels() > 0)
      list.addLinear("classifier", dim, config.numLabels());
  }
  return std::move(list.tensors);
}

/// Whether a tensor is there in another shape.
static bool hasOtherShape(const ExpectedTensor &expected,
                          const CheckpointTensor *found) {
  return found && found->shape != expected.shape;
}

/// Whether the checkpoint has any of the tensors, whatever their shape.
static bool hasSome(const std::vector<ExpectedTensor> &expected,
                    const Checkpoint &checkpoint) {
  return std::any_of(expected.begin(), expected.end(),
                     [&](const ExpectedTensor &tensor) {
                       return checkpoint.find(tensor.name) != nullptr;
                     });
}

/// What is wrong with a tensor of a checkpoint, or empty.
static std::string problem(const ExpectedTensor &expected,
                           const CheckpointTensor *found) {
  if (!found)
    return expected.name + " is missing";
  if (hasOtherShape(expected, found))
    return expected.name + " has shape " + formatShape(found->shape) +
           " instead of " + formatShape(expected.shape);
  switch (found->type) {
  case ElementType::F64:
  case ElementType::F32:
  case ElementType::F16:
  case ElementType::BF16:
    return "";
  case ElementType::I64:
  case ElementType::Other:
    break;
  }
  return expected.name + " has type " + found->typeName +
         " instead of F64, F32, F16 or BF16";
}

TensorMatch matchTensors(const std::vector<ExpectedTensor> &expected,
                         const Checkpoint &checkpoint) {
  TensorMatch match;
  Enumeration problems;
  std::set<std::string_view> names;
  for (const ExpectedTensor &tensor : expected) {
    names.insert(tensor.name);
    const CheckpointTensor *found = checkpoint.find(tensor.name);
    std::string text = problem(tensor, found);
    if (text.empty())
      continue;
    problems.add(text);
    match.hasOtherShapes |= hasOtherShape(tensor, found);
    match.lacksSome |= !found;
  }
  match.lacksSome &= hasSome(expected, checkpoint);
  Enumeration unexpected;
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (!names.contains(name) && !name.ends_with(".num_batches_tracked"))
      unexpected.add(printable(name));

  if (!problems.empty())
    match.error =
        checkpoint.name + ": does not fit config.json: " + problems.str();
  if (!unexpected.empty())
    match.warning =
        checkpoint.name +
        ": has tensors that the model does not use: " + unexpected.str();
  return match;
}

std::string dropDrawn(const DrawRules &rules,
                      std::vector<ExpectedTensor> &expected,
                      Checkpoint &checkpoint) {
  bool drawsMissing = rules.missing && hasSome(expected, checkpoint);
  Enumeration dropped;
  std::erase_if(expected, [&](const ExpectedTensor &tensor) {
    const CheckpointTensor *found = checkpoint.find(tensor.name);
    bool isDrawn = found ? rules.otherShapes && hasOtherShape(tensor, found)
                         : drawsMissing;
    if (!isDrawn)
      return false;
    dropped.add(problem(tensor, found));
    checkpoint.tensors.erase(tensor.name);
    return true;
  });
  return dropped.empty()
             ? ""
             : checkpoint.name + ": drawn at random: " + dropped.str();
}

} // namespace cvt
