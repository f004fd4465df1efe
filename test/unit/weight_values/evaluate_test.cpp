//===- evaluate_test.cpp - Values of weights and prepare steps ------------===//
//
// Against values worked out by hand; and modules that are correct IR but ask
// for what is not there.
//
//===----------------------------------------------------------------------===//

#include "test/unit/weight_values/module_with_weights.h"

#include <cmath>

using namespace cvt;

namespace {

using Floats = std::vector<float>;

class Evaluate : public ModuleWithWeights {
protected:
  Floats evaluate(const std::string &text, const std::string &symbol) {
    auto found = load(text).evaluate(symbol);
    if (!found) {
      ADD_FAILURE() << llvm::toString(found.takeError());
      return {};
    }
    return *found;
  }

  /// The error that evaluating `symbol` gives.
  std::string refusal(const std::string &text, const std::string &symbol) {
    auto found = load(text).evaluate(symbol);
    if (found) {
      ADD_FAILURE() << symbol << " was evaluated";
      return {};
    }
    return llvm::toString(found.takeError());
  }
};

TEST_F(Evaluate, ReadsARunOfAFile) {
  EXPECT_EQ(evaluate(counting("w", "2x3", 4), "w"), (Floats{4, 5, 6, 7, 8, 9}));
}

TEST_F(Evaluate, ConvertsEveryStoredType) {
  // 1.5 and -2 in each type, at an odd offset.
  const uint16_t halves[] = {0x3e00, 0xc000};
  const uint16_t brains[] = {0x3fc0, 0xc000};
  const double doubles[] = {1.5, -2.0};
  std::string bytes = "x";
  bytes.append(reinterpret_cast<const char *>(halves), sizeof halves);
  bytes.append(reinterpret_cast<const char *>(brains), sizeof brains);
  bytes.append(reinterpret_cast<const char *>(doubles), sizeof doubles);
  writeFile("types.bin", bytes.data(), bytes.size());
  std::string text = R"(
    cvt.weight @f16 : tensor<2xf32> from #cvt.stored<"types.bin", offset = 1, dtype = f16>
    cvt.weight @bf16 : tensor<2xf32> from #cvt.stored<"types.bin", offset = 5, dtype = bf16>
    cvt.weight @f64 : tensor<2xf32> from #cvt.stored<"types.bin", offset = 9, dtype = f64>)";
  for (const char *symbol : {"f16", "bf16", "f64"})
    EXPECT_EQ(evaluate(text, symbol), (Floats{1.5f, -2.0f})) << symbol;
}

TEST_F(Evaluate, DrawsRandomWeights) {
  std::string text = R"(
    cvt.weight @zeros : tensor<3xf32> from #cvt.random<zeros, seed = 1, std = 0.0, tensor = "a">
    cvt.weight @ones : tensor<3xf32> from #cvt.random<ones, seed = 1, std = 0.0, tensor = "b">
    cvt.weight @a : tensor<200000xf32> from #cvt.random<truncated_normal, seed = 1, std = 0.5, tensor = "c">
    cvt.weight @other : tensor<200000xf32> from #cvt.random<truncated_normal, seed = 2, std = 0.5, tensor = "c">)";
  EXPECT_EQ(evaluate(text, "zeros"), Floats(3, 0.0f));
  EXPECT_EQ(evaluate(text, "ones"), Floats(3, 1.0f));
  Floats drawn = evaluate(text, "a");
  double squares = 0;
  for (float value : drawn)
    squares += double(value) * value;
  EXPECT_NEAR(std::sqrt(squares / double(drawn.size())), 0.5, 0.005);
  EXPECT_EQ(evaluate(text, "a"), drawn);
  EXPECT_NE(evaluate(text, "other"), drawn);
}

TEST_F(Evaluate, FoldsBatchNorm) {
  // Channel c: weight 10c, 10c+1; gamma 1, 2; beta 3, 4; mean 5, 6;
  // variance 3, 8, and with epsilon 1 a deviation of 2, 3.
  const float numbers[] = {0,          1,           10,
                           11,         /*gamma*/ 1, 2,
                           /*beta*/ 3, 4,
                           /*mean*/ 5, 6,           /*variance*/ 3,
                           8};
  writeFile("norm.bin", numbers, sizeof numbers);
  std::string text = R"(
    cvt.weight @w : tensor<2x1x1x2xf32> from #cvt.stored<"norm.bin", offset = 0, dtype = f32>
    cvt.weight @gamma : tensor<2xf32> from #cvt.stored<"norm.bin", offset = 16, dtype = f32>
    cvt.weight @beta : tensor<2xf32> from #cvt.stored<"norm.bin", offset = 24, dtype = f32>
    cvt.weight @mean : tensor<2xf32> from #cvt.stored<"norm.bin", offset = 32, dtype = f32>
    cvt.weight @variance : tensor<2xf32> from #cvt.stored<"norm.bin", offset = 40, dtype = f32>
    cvt.prepare @weight = fold_bn_weight(@w, @gamma, @variance) epsilon 1.0 : tensor<2x1x1x2xf32>
    cvt.prepare @bias = fold_bn_bias(@gamma, @beta, @mean, @variance) epsilon 1.0 : tensor<2xf32>)";
  EXPECT_EQ(evaluate(text, "weight"),
            (Floats{0, 0.5f, float(20.0 / 3), float(22.0 / 3)}));
  EXPECT_EQ(evaluate(text, "bias"), (Floats{0.5f, 0.0f}));
}

TEST_F(Evaluate, PacksPanels) {
  // Rows 0..2 of 4; two panels of 2 rows, the last half empty.
  std::string text = counting("w", "3x4", 0) +
                     "cvt.prepare @p = pack_panels(@w) : tensor<2x4x2xf32>";
  EXPECT_EQ(evaluate(text, "p"), (Floats{0, 4, 1, 5, 2, 6, 3, 7, //
                                         8, 0, 9, 0, 10, 0, 11, 0}));
}

TEST_F(Evaluate, PacksPanelsOfConvolutions) {
  // (2 filters, 2 channels, 1x2): K in order (channel, x), then (x, channel).
  std::string text = counting("w", "2x2x1x2", 0) + R"(
    cvt.prepare @nchw = pack_panels(@w) : tensor<1x4x2xf32>
    cvt.prepare @nhwc = pack_panels_nhwc(@w) : tensor<1x4x2xf32>)";
  EXPECT_EQ(evaluate(text, "nchw"), (Floats{0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(evaluate(text, "nhwc"), (Floats{0, 4, 2, 6, 1, 5, 3, 7}));
}

TEST_F(Evaluate, PutsTapsOutermost) {
  std::string text = counting("w", "2x1x1x3", 0) +
                     "cvt.prepare @t = taps_outermost(@w) : tensor<1x3x2xf32>";
  EXPECT_EQ(evaluate(text, "t"), (Floats{0, 3, 1, 4, 2, 5}));
}

TEST_F(Evaluate, Pads) {
  std::string text =
      counting("w", "2", 7) + "cvt.prepare @p = pad(@w) : tensor<4xf32>";
  EXPECT_EQ(evaluate(text, "p"), (Floats{7, 8, 0, 0}));
}

TEST_F(Evaluate, PadsTaps) {
  std::string text = counting("w", "2x1x1x3", 1) +
                     "cvt.prepare @p = pad_taps(@w) : tensor<2x1x1x4xf32>";
  EXPECT_EQ(evaluate(text, "p"), (Floats{1, 2, 3, 0, 4, 5, 6, 0}));
}

// Of scales 1, 2 and none.
TEST_F(Evaluate, QuantizesRows) {
  const float rows[] = {0,    1.25f, 2.5f, 127, //
                        -254, -3.1f, 0,    5,   //
                        0,    0,     0,    0};
  writeFile("rows.bin", rows, sizeof rows);
  std::string text = R"(
    cvt.weight @w : tensor<3x4xf32> from #cvt.stored<"rows.bin", offset = 0, dtype = f32>
    cvt.prepare @p = pack_panels(@w) : tensor<2x1x2x4xsi8>
    cvt.prepare @pairs = pack_panels(@w) : tensor<2x2x2x2xsi8>
    cvt.prepare @single = pack_panels(@w) : tensor<2x4x2xbf16>
    cvt.prepare @u = pack_panels(@w) : tensor<2x1x2x4xui8>
    cvt.prepare @scales = row_scales(@w) : tensor<4xf32>
    cvt.prepare @sums = row_sums(@w) : tensor<4xf32>)";
  EXPECT_EQ(evaluate(text, "p"), (Floats{0, 1, 2, 127, -127, -2, 0, 2, //
                                         0, 0, 0, 0, 0, 0, 0, 0}));
  // Side by side are as many as the shape says.
  EXPECT_EQ(evaluate(text, "pairs"), (Floats{0, 1, -127, -2, 2, 127, 0, 2, //
                                             0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(evaluate(text, "single"),
            (Floats{0, -254, 1.25f, -3.09375f, 2.5f, 0, 127, 5, //
                    0, 0, 0, 0, 0, 0, 0, 0}));
  // 128 is the zero of rows, but not of those that are not there.
  EXPECT_EQ(evaluate(text, "u"), (Floats{128, 129, 130, 255, 1, 126, 128, 130,
                                         128, 128, 128, 128, 0, 0, 0, 0}));
  EXPECT_EQ(evaluate(text, "scales"), (Floats{1, 2, 0, 0}));
  EXPECT_EQ(evaluate(text, "sums"), (Floats{130, -254, 0, 0}));
}

TEST_F(Evaluate, FollowsStepsOfSteps) {
  std::string text = counting("w", "2x1x1x2", 0) + counting("one", "2", 1) +
                     R"(
    cvt.prepare @folded = fold_bn_weight(@w, @one, @one) epsilon 2.0 : tensor<2x1x1x2xf32>
    cvt.prepare @taps = taps_outermost(@folded) : tensor<1x2x2xf32>)";
  // gamma = variance = (1, 2): scales 1 / sqrt(3) and 2 / sqrt(4).
  float third = static_cast<float>(1 / std::sqrt(3.0));
  EXPECT_EQ(evaluate(text, "taps"), (Floats{0, 2, third, 3}));
}

TEST_F(Evaluate, WritesToMemoryOfTheCaller) {
  WeightValues &weights = load(counting("w", "3", 0));
  Floats out(3);
  ASSERT_FALSE(weights.evaluate("w", out));
  EXPECT_EQ(out, (Floats{0, 1, 2}));
  Floats tooLong(4);
  EXPECT_EQ(llvm::toString(weights.evaluate("w", tooLong)),
            "@w: has 3 elements, not 4");
}

TEST_F(Evaluate, MapsAFileOnce) {
  WeightValues &weights = load(counting("a", "2", 0) + counting("b", "2", 2));
  ASSERT_TRUE(bool(weights.evaluate("a")));
  std::filesystem::remove(folder + "/counting.bin");
  auto found = weights.evaluate("b");
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  EXPECT_EQ(*found, (Floats{2, 3}));
}

//===----------------------------------------------------------------------===//
// What is refused
//===----------------------------------------------------------------------===//

std::string stored(const std::string &type, const std::string &file,
                   const std::string &offset) {
  return "cvt.weight @w : tensor<" + type + "> from #cvt.stored<\"" + file +
         "\", offset = " + offset + ", dtype = f32>\n";
}

TEST_F(Evaluate, RefusesWhatIsNotAWeight) {
  std::string text = "cvt.kernel @k flops 1 bytes 1";
  EXPECT_EQ(refusal(text, "k"), "@k: is not a weight of this module");
  EXPECT_EQ(refusal(text, "absent"), "@absent: is not a weight of this module");
}

TEST_F(Evaluate, RefusesFilesThatAreNotThere) {
  EXPECT_EQ(refusal(stored("1xf32", "absent.bin", "0"), "w"),
            "@w: " + folder +
                "/absent.bin: cannot be opened: No such file or directory");
}

TEST_F(Evaluate, RefusesPathsOutOfTheFolder) {
  for (std::string name :
       {"../counting.bin", "/etc/hostname", "sub/counting.bin", "..", ".", "",
        "counting.bin\\00x"})
    EXPECT_NE(refusal(stored("1xf32", name, "0"), "w")
                  .find("is not the plain name of a file"),
              std::string::npos)
        << name;
}

TEST_F(Evaluate, RefusesBytesOutsideOfTheFile) {
  // The file has 1024 bytes.
  EXPECT_EQ(evaluate(stored("1xf32", "counting.bin", "1020"), "w"),
            Floats{255});
  for (std::string offset : {"1021", "1024", "18446744073709551612"}) {
    std::string message = refusal(stored("1xf32", "counting.bin", offset), "w");
    EXPECT_NE(message.find("counting.bin: tensor @w at byte " + offset +
                           " is not all inside the file's 1024 bytes"),
              std::string::npos)
        << message;
  }
  refusal(stored("257xf32", "counting.bin", "0"), "w");
}

TEST_F(Evaluate, RefusesSizesBeforeItAllocates) {
  const char *sentence = "@w: has no elements or more than 2147483648";
  for (std::string type : {"0xf32", "3x0xf32", "2147483649xf32",
                           "4294967296x4294967296x4294967296xf32"}) {
    EXPECT_EQ(refusal("cvt.weight @w : tensor<" + type +
                          "> from #cvt.random<ones, seed = 0, std = 0.0, "
                          "tensor = \"w\">",
                      "w"),
              sentence)
        << type;
  }
  EXPECT_EQ(refusal(counting("w", "2x4", 0) +
                        "cvt.prepare @p = pack_panels(@w) : "
                        "tensor<1x4x1099511627776xf32>",
                    "p"),
            "@p: has no elements or more than 2147483648");
}

TEST_F(Evaluate, RefusesLongChainsOfSteps) {
  std::string text = "cvt.weight @s0 : tensor<2xf32> from "
                     "#cvt.random<ones, seed = 0, std = 0.0, tensor = \"w\">";
  for (int i = 1; i <= 10; ++i)
    text += "\ncvt.prepare @s" + std::to_string(i) + " = pad(@s" +
            std::to_string(i - 1) + ") : tensor<2xf32>";
  EXPECT_EQ(refusal(text, "s10"), "@s2: is made in more than 8 steps");
}

TEST_F(Evaluate, RefusesDeviationsThatAreNone) {
  for (std::string deviation : {"-1.0", "0x7FF0000000000000 : f64"})
    EXPECT_EQ(refusal("cvt.weight @w : tensor<1xf32> from "
                      "#cvt.random<truncated_normal, seed = 0, std = " +
                          deviation + ", tensor = \"w\">",
                      "w"),
              "@w: std must be a finite number, not below 0");
}

} // namespace
