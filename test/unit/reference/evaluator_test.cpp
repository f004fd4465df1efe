//===- evaluator_test.cpp - Small modules, evaluated ----------------------===//
//
// All weights are ones or zeros, so that no file is needed.
//
//===----------------------------------------------------------------------===//

#include "test/reference/evaluator.h"

#include "dialect/CvtDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

using namespace cvt;
using namespace cvt::reference;

namespace {

using Values = std::vector<double>;

class Evaluate : public ::testing::Test {
protected:
  Evaluate() { context.loadDialect<CvtDialect, mlir::func::FuncDialect>(); }

  llvm::Expected<std::vector<Output>> run(const std::string &text,
                                          Array pixelValues) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return llvm::createStringError("does not parse");
    WeightValues values(*module, "");
    return evaluateForward(*module, values, std::move(pixelValues));
  }

  /// Of a module whose @forward has one output: its values for 1, 2, 3, ...
  Values evaluate(const std::string &text, std::vector<int64_t> inputShape) {
    Array pixelValues(std::move(inputShape));
    std::iota(pixelValues.values.begin(), pixelValues.values.end(), 1.0);
    auto outputs = run(text, std::move(pixelValues));
    if (!outputs) {
      ADD_FAILURE() << llvm::toString(outputs.takeError());
      return {};
    }
    EXPECT_EQ(outputs->size(), 1u);
    return outputs->front().value.values;
  }

  std::string refusal(const std::string &text,
                      std::vector<int64_t> inputShape) {
    auto outputs = run(text, Array(std::move(inputShape)));
    if (!outputs)
      return llvm::toString(outputs.takeError());
    return "was evaluated";
  }

  mlir::MLIRContext context;
};

std::string weight(const std::string &name, const std::string &shape,
                   const std::string &init = "ones") {
  return "cvt.weight @" + name + " : tensor<" + shape +
         "xf32> from #cvt.random<" + init +
         ", seed = 0, std = 0.0, tensor = \"\">\n";
}

/// @forward from `input` to one output of `type`, which `body` calls %out.
std::string forward(const std::string &input, const std::string &type,
                    const std::string &body) {
  return "func.func @forward(%x: " + input + ") -> " + type +
         " attributes {cvt.outputs = [\"out\"]} {\n" + body +
         "\nreturn %out : " + type + "\n}\n";
}

TEST_F(Evaluate, TakesPixelsToTokensAndBack) {
  std::string text = weight("w", "1x2x1x1") +
                     forward("tensor<?x2x2x3xf32>", "tensor<?x1x2x3xf32>", R"(
    %0 = cvt.conv_embed %x, @w layout nchw channels 1 kernel 1 stride 1 padding 0
      : (tensor<?x2x2x3xf32>) -> tensor<?x2x3x1xf32>
    %1 = cvt.reshape %0 : tensor<?x2x3x1xf32> -> tensor<?x6x1xf32>
    %2 = cvt.add %1, %1 : tensor<?x6x1xf32>, tensor<?x6x1xf32>
    %3 = cvt.reshape %2 : tensor<?x6x1xf32> -> tensor<?x2x3x1xf32>
    %out = cvt.to_nchw %3 : (tensor<?x2x3x1xf32>) -> tensor<?x1x2x3xf32>)");
  // Channels are 6 apart: twice (n + n + 6).
  EXPECT_EQ(evaluate(text, {1, 2, 2, 3}), (Values{16, 20, 24, 28, 32, 36}));
}

TEST_F(Evaluate, HandlesClassTokens) {
  std::string text = weight("cls", "1x1x1") +
                     forward("tensor<?x1x2x1xf32>", "tensor<?x1xf32>", R"(
    %0 = cvt.reshape %x : tensor<?x1x2x1xf32> -> tensor<?x2x1xf32>
    %1 = cvt.class_token @cls channels 1 : tensor<1x1x1xf32>
    %2 = cvt.prepend_class_token %1, %0 : (tensor<1x1x1xf32>, tensor<?x2x1xf32>) -> tensor<?x3x1xf32>
    %3 = cvt.take_class_token %2 : (tensor<?x3x1xf32>) -> tensor<?x1x1xf32>
    %4 = cvt.drop_class_token %2 : (tensor<?x3x1xf32>) -> tensor<?x2x1xf32>
    %5 = cvt.prepend_class_token %3, %4 : (tensor<?x1x1xf32>, tensor<?x2x1xf32>) -> tensor<?x3x1xf32>
    %out = cvt.token_mean %5 : (tensor<?x3x1xf32>) -> tensor<?x1xf32>)");
  EXPECT_EQ(evaluate(text, {2, 1, 2, 1}), (Values{4.0 / 3, 8.0 / 3}));
}

TEST_F(Evaluate, FusedLinearIsActivationThenResidual) {
  std::string text = weight("w", "2x2") + weight("b", "2") +
                     forward("tensor<?x1x1x2xf32>", "tensor<?x1x1x2xf32>", R"(
    %out = cvt.linear %x, @w bias @b residual %x features 2 activation quick_gelu
      : (tensor<?x1x1x2xf32>, tensor<?x1x1x2xf32>) -> tensor<?x1x1x2xf32>)");
  double activated = 4 / (1 + std::exp(-1.702 * 4));
  EXPECT_EQ(evaluate(text, {1, 1, 1, 2}),
            (Values{activated + 1, activated + 2}));
}

TEST_F(Evaluate, FoldedBatchNormsAreNotRounded) {
  // gamma / sqrt(variance + 2) = 1 / sqrt 3, which is no float.
  std::string text = weight("w", "1x1x1x1") + weight("g", "1") +
                     weight("zero", "1", "zeros") +
                     R"(
    cvt.prepare @fw = fold_bn_weight(@w, @g, @g) epsilon 2.0 : tensor<1x1x1x1xf32>
    cvt.prepare @fb = fold_bn_bias(@g, @zero, @g, @g) epsilon 2.0 : tensor<1xf32>)" +
                     forward("tensor<?x1x1x1xf32>", "tensor<?x1x1x1xf32>", R"(
    %out, %unused = cvt.depthwise_conv %x, [@fw, @fw] biases [@fb, @fb] kernel 1 strides [1, 2] paddings [0, 1]
      : (tensor<?x1x1x1xf32>) -> (tensor<?x1x1x1xf32>, tensor<?x2x2x1xf32>))");
  Values found = evaluate(text, {3, 1, 1, 1});
  ASSERT_EQ(found.size(), 3u);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(found[i], static_cast<double>(i) / std::sqrt(3.0), 1e-15);
}

TEST_F(Evaluate, NamesOutputsInOrder) {
  std::string text = R"(
    func.func @forward(%x: tensor<?x1x1x1xf32>) -> (tensor<?x1x1x1xf32>, tensor<?x1x1x1xf32>)
        attributes {cvt.outputs = ["twice", "same"]} {
      %0 = cvt.add %x, %x : tensor<?x1x1x1xf32>, tensor<?x1x1x1xf32>
      return %0, %x : tensor<?x1x1x1xf32>, tensor<?x1x1x1xf32>
    })";
  Array one({1, 1, 1, 1});
  one.values = {1};
  auto outputs = run(text, one);
  ASSERT_TRUE(bool(outputs)) << llvm::toString(outputs.takeError());
  ASSERT_EQ(outputs->size(), 2u);
  EXPECT_EQ((*outputs)[0].name, "twice");
  EXPECT_EQ((*outputs)[0].value.values, Values{2});
  EXPECT_EQ((*outputs)[1].name, "same");
  EXPECT_EQ((*outputs)[1].value.values, Values{1});
}

//===----------------------------------------------------------------------===//
// What is refused
//===----------------------------------------------------------------------===//

const std::string kMap = "tensor<?x1x1x1xf32>";

TEST_F(Evaluate, RefusesModulesWithoutForward) {
  EXPECT_EQ(refusal("", {1, 1, 1, 1}),
            "the module has no @forward of one block that takes pixel values "
            "tensor<?xCxHxWxf32>");
  EXPECT_EQ(refusal("func.func private @forward(" + kMap + ") -> " + kMap,
                    {1, 1, 1, 1}),
            "the module has no @forward of one block that takes pixel values "
            "tensor<?xCxHxWxf32>");
}

TEST_F(Evaluate, RefusesOutputsWithoutPlainNames) {
  for (std::string names :
       {"{}", "{cvt.outputs = [\"../out\"]}", "{cvt.outputs = [\"\"]}"})
    EXPECT_EQ(refusal("func.func @forward(%x: " + kMap + ") -> " + kMap +
                          " attributes " + names + " { return %x : " + kMap +
                          " }",
                      {1, 1, 1, 1}),
              "@forward must have a plain name for each of its results in "
              "cvt.outputs")
        << names;
}

TEST_F(Evaluate, RefusesPixelsOfAnotherShape) {
  std::string text = forward("tensor<?x3x4x5xf32>", "tensor<?x3x4x5xf32>",
                             "%out = cvt.gelu %x function gelu : "
                             "tensor<?x3x4x5xf32>");
  const char *sentence = "the pixel values do not have the shape of @forward's "
                         "argument, with at least one image";
  for (auto shape :
       std::vector<std::vector<int64_t>>{{1, 3, 5, 4}, {3, 4, 5}, {0, 3, 4, 5}})
    EXPECT_EQ(refusal(text, shape), sentence);
}

TEST_F(Evaluate, RefusesOpsOfLaterPhases) {
  std::string launch =
      "cvt.kernel @k flops 1 bytes 1\n" +
      forward(kMap, kMap,
              "%out = cvt.launch @k(%x) : (" + kMap + ") -> " + kMap);
  EXPECT_EQ(refusal(launch, {1, 1, 1, 1}),
            "@k: is not a weight of a checkpoint");
  std::string value =
      weight("w", "1") + forward(kMap, kMap,
                                 "%w = cvt.weight_value @w : tensor<1xf32>\n"
                                 "%out = cvt.gelu %x function gelu : " +
                                     kMap);
  EXPECT_EQ(refusal(value, {1, 1, 1, 1}),
            "'cvt.weight_value' cannot be evaluated: it is not an op of the "
            "phases import, fuse and precision");
}

TEST_F(Evaluate, RefusesWeightsPreparedForKernels) {
  std::string text =
      weight("w", "1") + "cvt.prepare @p = pad(@w) : tensor<1xf32>\n" +
      forward(kMap, kMap,
              "%out = cvt.layer_norm %x, @p, @w epsilon 1.0 : " + kMap);
  EXPECT_EQ(refusal(text, {1, 1, 1, 1}),
            "@p: pad is not for ops of the phases import, fuse and precision");
}

TEST_F(Evaluate, PassesOnWhatIsWrongWithAWeight) {
  std::string text =
      "cvt.weight @w : tensor<1xf32> from "
      "#cvt.stored<\"absent.bin\", offset = 0, dtype = f32>\n" +
      forward(kMap, kMap,
              "%out = cvt.layer_norm %x, @w, @w epsilon 1.0 : " + kMap);
  EXPECT_EQ(refusal(text, {1, 1, 1, 1}),
            "@w: absent.bin: cannot be opened: No such file or directory");
}

} // namespace
