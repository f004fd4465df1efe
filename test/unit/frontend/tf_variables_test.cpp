//===- tf_variables_test.cpp - TensorFlow's variables as PyTorch's tensors ===//

#include "frontend/tf_variables.h"

#include <gtest/gtest.h>

using namespace cvt;

TEST(TfVariables, HaveNamesThatEndInANumber) {
  EXPECT_TRUE(isTfVariable("classifier/kernel:0"));
  EXPECT_FALSE(isTfVariable("classifier.weight"));
  EXPECT_FALSE(isTfVariable(""));
}

TEST(TfVariables, HavePyTorchsNamesWhateverStandsBefore) {
  const std::string layer = "cvt/encoder/stages.0/layers.1/layernorm_before/";
  for (std::string before : {"", "model/", "cvt/model/", "a/b/cvt/"}) {
    EXPECT_EQ(torchNameOf(before + layer + "gamma:0"),
              "cvt.encoder.stages.0.layers.1.layernorm_before.weight");
    EXPECT_EQ(torchNameOf(before + "classifier/kernel:0"), "classifier.weight");
    EXPECT_EQ(torchNameOf(before + "layernorm/beta:0"), "layernorm.bias");
    EXPECT_EQ(torchNameOf(before + "cvt.encoder.stages.2.cls_token:0"),
              "cvt.encoder.cls_token");
  }
  EXPECT_EQ(torchNameOf("cvt/encoder/a/moving_mean:0"),
            "cvt.encoder.a.running_mean");
  EXPECT_EQ(torchNameOf("cvt/encoder/a/moving_variance:0"),
            "cvt.encoder.a.running_var");
}

TEST(TfVariables, KeepOtherNames) {
  EXPECT_EQ(torchNameOf("a/b/odd:0"), "a.b.odd:0");
  EXPECT_EQ(torchNameOf("my_classifier/bias:0"), "my_classifier.bias");
  EXPECT_EQ(torchNameOf("cvt/encoders/kernel:0"), "cvt.encoders.weight");
  EXPECT_EQ(torchNameOf("bias:0"), "bias");
  EXPECT_EQ(torchNameOf(":0"), ":0");
  EXPECT_EQ(torchNameOf("/"), ".");
  EXPECT_EQ(torchNameOf(""), "");
}

TEST(TfVariables, TurnKernelsOnly) {
  auto turned = [](std::string_view name, std::vector<int64_t> shape) {
    CheckpointTensor tensor;
    tensor.shape = shape;
    turnKernel(name, tensor);
    return std::pair(tensor.shape, tensor.axes);
  };
  using Extents = std::vector<int64_t>;
  EXPECT_EQ(turned("a/kernel:0", {7, 5, 3, 16}),
            std::pair(Extents({16, 3, 7, 5}), Extents({3, 2, 0, 1})));
  EXPECT_EQ(turned("a/kernel:0", {64, 10}),
            std::pair(Extents({10, 64}), Extents({1, 0})));
  EXPECT_EQ(turned("a/kernel:0", {64}), std::pair(Extents({64}), Extents()));
  EXPECT_EQ(turned("a/table:0", {64, 10}),
            std::pair(Extents({64, 10}), Extents()));
}
