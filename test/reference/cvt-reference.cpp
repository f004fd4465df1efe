//===- cvt-reference.cpp - Evaluates IR on pixel values -------------------===//
//
// What `cvt-run --input --output-dir` is for an artifact, for IR of the phases
// import, fuse and precision; but in float64, so that IR before and after a
// pass can be compared far below the rounding of float32.
//
//===----------------------------------------------------------------------===//

#include "compiler/weight_values/weight_values.h"
#include "dialect/CvtDialect.h"
#include "test/reference/evaluator.h"
#include "tools/npy/npy.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

#include <bit>
#include <filesystem>
#include <fstream>

using namespace cvt;
using reference::Array;
using reference::Output;

namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kBadInput = 3 };

struct Options {
  std::string file;
  std::string weights;
  std::string input;
  std::string outputDir;
};

} // namespace

static int fail(ExitCode code, const std::string &message) {
  llvm::errs() << "cvt-reference: " << message << "\n";
  return code;
}

/// Parses and verifies; the first diagnostic becomes the error.
static llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
readModule(mlir::MLIRContext &context, const std::string &path) {
  std::string first;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        if (!first.empty())
          return;
        llvm::raw_string_ostream stream(first);
        if (auto at =
                llvm::dyn_cast<mlir::FileLineColLoc>(diagnostic.getLocation()))
          stream << "line " << at.getLine() << ": ";
        stream << diagnostic;
      });
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(path, &context);
  if (!module)
    return llvm::createStringError(path + ": " + first);
  return module;
}

/// Pixel values of the shape that @forward takes.
static llvm::Expected<Array> readInput(mlir::func::FuncOp forward,
                                       const std::string &path) {
  auto type = llvm::cast<mlir::RankedTensorType>(forward.getArgumentTypes()[0]);
  try {
    npy::Reader reader(path);
    const std::vector<int64_t> &shape = reader.shape();
    if (shape.empty() || shape[0] < 1 ||
        llvm::ArrayRef(shape).drop_front() != type.getShape().drop_front())
      return llvm::createStringError(
          path + ": has shape " + npy::formatShape(shape) +
          ", @forward takes one or more images of shape " +
          npy::formatShape(type.getShape().drop_front().vec()));
    Array array(shape);
    std::vector<float> floats(array.values.size());
    reader.read(floats.data(), floats.size());
    std::copy(floats.begin(), floats.end(), array.values.begin());
    return array;
  } catch (const npy::Error &error) {
    return llvm::createStringError(error.what());
  }
}

/// Writes a .npy file of float64.
static llvm::Error writeOutput(const std::string &folder,
                               const Output &output) {
  static_assert(std::endian::native == std::endian::little);
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " +
                       npy::formatShape(output.value.shape) + ", }";
  // Magic, version and length take 10 bytes; the data begins at a multiple
  // of 64, behind a newline.
  header.resize((10 + header.size()) / 64 * 64 + 64 - 10, ' ');
  header.back() = '\n';
  std::string path = folder + "/" + output.name + ".npy";
  std::ofstream stream(path, std::ios::binary);
  stream << "\x93NUMPY" << '\1' << '\0'
         << static_cast<char>(header.size() & 0xff)
         << static_cast<char>(header.size() >> 8) << header;
  stream.write(reinterpret_cast<const char *>(output.value.values.data()),
               static_cast<std::streamsize>(output.value.values.size() *
                                            sizeof(double)));
  stream.close();
  if (!stream)
    return llvm::createStringError(path + ": cannot be written");
  return llvm::Error::success();
}

static int run(const Options &options) {
  mlir::MLIRContext context;
  context.loadDialect<CvtDialect, mlir::func::FuncDialect>();
  auto module = readModule(context, options.file);
  if (!module)
    return fail(kBadInput, toString(module.takeError()));
  auto forward = reference::findForward(**module);
  if (!forward)
    return fail(kBadInput, options.file + ": " + toString(forward.takeError()));
  auto pixelValues = readInput(*forward, options.input);
  if (!pixelValues)
    return fail(kBadInput, toString(pixelValues.takeError()));
  WeightValues values(**module, options.weights);
  auto outputs =
      reference::evaluateForward(**module, values, std::move(*pixelValues));
  if (!outputs)
    return fail(kBadInput, options.file + ": " + toString(outputs.takeError()));
  std::error_code error;
  std::filesystem::create_directories(options.outputDir, error);
  if (error)
    return fail(kFailed, options.outputDir +
                             ": cannot make the folder: " + error.message());
  for (const Output &output : *outputs)
    if (llvm::Error error = writeOutput(options.outputDir, output))
      return fail(kFailed, toString(std::move(error)));
  return kDone;
}

int main(int argc, char **argv) {
  CLI::App app("Evaluates @forward of a module in the phases import, fuse or "
               "precision, in float64.");
  app.name("cvt-reference");
  app.footer("Example: cvt-reference model.mlir --weights=models/cvt-13 "
             "--input=x.npy --output-dir=out\n"
             "Exit codes: 0 done; 1 failed while writing; 2 wrong usage; 3 the "
             "module, its weights or the input are bad.");
  Options options;
  app.add_option("FILE", options.file, "Module to evaluate")->required();
  app.add_option("--weights", options.weights,
                 "Folder that the module's weight files lie in")
      ->required();
  app.add_option("--input", options.input,
                 "Pixel values (B, C, H, W), a .npy file of float32")
      ->required();
  app.add_option("--output-dir", options.outputDir,
                 "Folder for one NAME.npy of float64 for each output")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &success) {
    return app.exit(success);
  } catch (const CLI::Error &error) {
    return fail(kWrongUsage,
                std::string(error.what()) + "; try cvt-reference --help");
  }
  return run(options);
}
