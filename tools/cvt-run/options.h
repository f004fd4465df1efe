//===- options.h - Command line of cvt-run --------------------------------===//
//
// What the user asked for, with what can be checked without the model checked.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_OPTIONS_H
#define CVT_TOOLS_CVT_RUN_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cvt::run {

enum class Mode { Classify, SavePixelValues, RunTensors, Bench, Info, Verify };

struct Options {
  Mode mode = Mode::Classify;
  std::string model;
  std::vector<std::string> pictures; ///< files, folders, "-"
  std::string input, outputDir;
  std::string pixelValues;
  int topK = 5;
  std::optional<int64_t> batch;
  int threads = 0; ///< 0: all
  int iterations = 50;
  bool json = false;
  bool verify = false;
  bool ignoreOrientation = false;
};

/// Throws a Failure of wrong usage.  For --help and --version, prints and
/// returns nothing.
std::optional<Options> parseOptions(int argc, char **argv);

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_OPTIONS_H
