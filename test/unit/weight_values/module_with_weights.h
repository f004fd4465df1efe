//===- module_with_weights.h - A module in text and its weight files ------===//

#ifndef CVT_TEST_UNIT_WEIGHT_VALUES_MODULE_WITH_WEIGHTS_H
#define CVT_TEST_UNIT_WEIGHT_VALUES_MODULE_WITH_WEIGHTS_H

#include "compiler/weight_values/weight_values.h"
#include "dialect/CvtDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace cvt {

/// Parses modules whose weights lie in a folder of the test's own, where
/// "counting.bin" holds the floats 0, 1, 2, ... 255.
class ModuleWithWeights : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cvt-weights-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    std::vector<float> counting(256);
    std::iota(counting.begin(), counting.end(), 0.0f);
    writeFile("counting.bin", counting.data(), counting.size() * sizeof(float));
    context.loadDialect<CvtDialect, mlir::func::FuncDialect>();
  }

  void TearDown() override { std::filesystem::remove_all(folder); }

  void writeFile(const std::string &name, const void *data, size_t bytes) {
    std::ofstream stream(folder + "/" + name, std::ios::binary);
    stream.write(static_cast<const char *>(data),
                 static_cast<std::streamsize>(bytes));
    ASSERT_TRUE(stream.flush());
  }

  /// The values of the module in `text`, which must be correct.
  WeightValues &load(const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    values.emplace(*module, folder);
    return *values;
  }

  std::string folder;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::optional<WeightValues> values;
};

/// A `cvt.weight` of the floats of counting.bin from number `first` on.
inline std::string counting(const std::string &name, const std::string &shape,
                            int first) {
  return "cvt.weight @" + name + " : tensor<" + shape +
         "xf32> from #cvt.stored<\"counting.bin\", offset = " +
         std::to_string(4 * first) + ", dtype = f32>\n";
}

} // namespace cvt

#endif // CVT_TEST_UNIT_WEIGHT_VALUES_MODULE_WITH_WEIGHTS_H
