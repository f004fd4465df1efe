//===- cvt-opt.cpp - Runs passes and phases on a file ---------------------===//

#include "compiler/pipeline/phases.h"
#include "dialect/CvtDialect.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  cvt::registerDialects(registry);
  cvt::registerPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "CvT optimizer driver\n", registry));
}
