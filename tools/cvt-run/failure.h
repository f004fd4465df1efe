//===- failure.h - How cvt-run ends ---------------------------------------===//
//
// A problem that ends the program is thrown as a Failure; main prints its
// sentence and returns its exit code.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_FAILURE_H
#define CVT_TOOLS_CVT_RUN_FAILURE_H

#include <stdexcept>
#include <string>

namespace cvt::run {

enum ExitCode {
  Done = 0,
  FailedRunning = 1, ///< or some of the pictures failed
  WrongUsage = 2,
  BadInput = 3 ///< the model or all of the input
};

struct Failure : std::runtime_error {
  Failure(ExitCode code, const std::string &message)
      : std::runtime_error(message), code(code) {}
  ExitCode code;
};

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_FAILURE_H
