//===- tf_variables.cpp - TensorFlow's variables as PyTorch's tensors -----===//
//
// Of the same kernel, tf_model.h5, its shards, model.safetensors, and the
// indexes of both have the names
//
//   LAYER/MODEL/cvt/encoder/stages.0/.../kernel:0
//   cvt/encoder/stages.0/.../kernel:0
//   MODEL/cvt/encoder/stages.0/.../kernel:0
//
// and of the class token cvt.encoder.stages.2.cls_token:0, in whatever stage it
// is, with cvt/ before it in tf_model.h5.
//
//===----------------------------------------------------------------------===//

#include "frontend/tf_variables.h"

#include <algorithm>
#include <utility>

namespace cvt {

bool isTfVariable(std::string_view name) { return name.ends_with(":0"); }

/// The layers of `variable` that PyTorch has too, with a slash behind each.
static std::string_view layersOf(std::string_view variable) {
  std::string_view layers = variable.substr(0, variable.rfind('/') + 1);
  constexpr std::string_view encoder = "cvt/encoder/";
  if (layers.starts_with(encoder))
    return layers;
  if (size_t found = layers.find("/cvt/encoder/"); found != layers.npos)
    return layers.substr(found + 1);
  for (std::string_view head : {"classifier/", "layernorm/"})
    if (layers == head || layers.ends_with("/" + std::string(head)))
      return head;
  return layers;
}

std::string torchNameOf(std::string_view variable) {
  constexpr std::pair<std::string_view, std::string_view> leaves[] = {
      {"kernel:0", "weight"},
      {"gamma:0", "weight"},
      {"beta:0", "bias"},
      {"bias:0", "bias"},
      {"moving_mean:0", "running_mean"},
      {"moving_variance:0", "running_var"},
  };
  std::string_view leaf = variable.substr(variable.rfind('/') + 1);
  if (leaf.starts_with("cvt.encoder.") && leaf.ends_with(".cls_token:0"))
    return "cvt.encoder.cls_token";
  for (auto [tensorFlow, torch] : leaves)
    if (leaf == tensorFlow)
      leaf = torch;
  std::string name(layersOf(variable));
  std::replace(name.begin(), name.end(), '/', '.');
  return name + std::string(leaf);
}

void turnKernel(std::string_view variable, CheckpointTensor &tensor) {
  if (!variable.ends_with("/kernel:0"))
    return;
  if (tensor.shape.size() == 4)
    tensor.axes = {3, 2, 0, 1};
  else if (tensor.shape.size() == 2)
    tensor.axes = {1, 0};
  std::vector<int64_t> stored = tensor.shape;
  for (size_t i = 0; i != tensor.axes.size(); ++i)
    tensor.shape[i] = stored[static_cast<size_t>(tensor.axes[i])];
}

} // namespace cvt
