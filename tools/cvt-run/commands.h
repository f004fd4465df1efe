//===- commands.h - What cvt-run does -------------------------------------===//
//
// One function for each mode of the command line.  Each prints its results to
// standard output, returns an exit code and throws Failure.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_COMMANDS_H
#define CVT_TOOLS_CVT_RUN_COMMANDS_H

#include "tools/cvt-run/model.h"
#include "tools/cvt-run/options.h"

namespace cvt::run {

int classify(const Model &model, const Options &options);
int savePixelValues(const Model &model, const Options &options);
int runTensors(const Model &model, const Options &options);
int bench(const Model &model, const Options &options);
int printInfo(const Model &model, const Options &options);

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_COMMANDS_H
