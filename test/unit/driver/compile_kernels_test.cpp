//===- compile_kernels_test.cpp - All kernels of a module, in parallel ----===//
//
// A cache changes how long it takes, and nothing else.
//
//===----------------------------------------------------------------------===//

#include "test/unit/driver/cache_folder.h"

#include "compiler/driver/compile_kernels.h"
#include "dialect/CvtDialect.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

using namespace cvt;

namespace {

class CompileKernels : public CacheFolder {
protected:
  void SetUp() override {
    CacheFolder::SetUp();
    context.loadDialect<CvtDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "cvt.kernel @copy_c3_t5_f32_x86_64_v3 flops 0 bytes 0\n"
        "cvt.kernel @token_mean_c4_t2_f32_x86_64_v3 flops 0 bytes 0\n"
        "cvt.kernel @copy_c4_t5_f32_x86_64_v3 flops 0 bytes 0\n",
        &context);
    ASSERT_TRUE(module);
  }

  CompiledKernels compile(const KernelCache *cache) {
    size_t calls = 0;
    CompiledKernels compiled = llvm::cantFail(
        compileKernels(*module, 2, cache, [&](size_t done, size_t total) {
          EXPECT_EQ(done, ++calls);
          EXPECT_EQ(total, 3u);
        }));
    EXPECT_EQ(calls, 3u);
    return compiled;
  }

  static void expectSame(const CompiledKernels &a, const CompiledKernels &b) {
    ASSERT_EQ(a.kernels.size(), b.kernels.size());
    for (size_t i = 0; i < a.kernels.size(); ++i) {
      EXPECT_EQ(a.kernels[i].symbol, b.kernels[i].symbol);
      EXPECT_EQ(a.kernels[i].object, b.kernels[i].object);
      EXPECT_EQ(a.kernels[i].scratchBytes, b.kernels[i].scratchBytes);
    }
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace

TEST_F(CompileKernels, ACacheChangesNothingButWhereKernelsComeFrom) {
  CompiledKernels plain = compile(nullptr);
  EXPECT_EQ(plain.fromCache, 0u);
  KernelCache cache = open();
  CompiledKernels filling = compile(&cache), full = compile(&cache);
  EXPECT_EQ(filling.fromCache, 0u);
  EXPECT_EQ(full.fromCache, 3u);
  expectSame(plain, filling);
  expectSame(plain, full);
  EXPECT_TRUE(full.damaged.empty());
  EXPECT_EQ(filling.warning + full.warning, "");
}

TEST_F(CompileKernels, RebuildsDamagedEntries) {
  KernelCache cache = open();
  CompiledKernels before = compile(&cache);
  write(files()[0], "rubbish");
  write(files()[1], "");
  CompiledKernels rebuilt = compile(&cache), after = compile(&cache);
  EXPECT_EQ(rebuilt.fromCache, 1u);
  EXPECT_EQ(rebuilt.damaged.size(), 2u);
  EXPECT_EQ(rebuilt.warning, "");
  EXPECT_EQ(after.fromCache, 3u);
  EXPECT_TRUE(after.damaged.empty());
  expectSame(before, rebuilt);
  expectSame(before, after);
}

TEST_F(CompileKernels, GoesOnWhenNothingCanBeStored) {
  KernelCache cache = open();
  std::filesystem::remove_all(folder);
  CompiledKernels compiled = compile(&cache);
  EXPECT_EQ(compiled.kernels.size(), 3u);
  EXPECT_NE(compiled.warning.find("No such file"), std::string::npos)
      << compiled.warning;
}

TEST_F(CompileKernels, KeepsTheCacheSmall) {
  KernelCache cache = open("generator", 1);
  compile(&cache);
  EXPECT_TRUE(files().empty());
}
