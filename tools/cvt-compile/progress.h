//===- progress.h - What cvt-compile is doing, for who waits for it -------===//

#ifndef CVT_TOOLS_CVT_COMPILE_PROGRESS_H
#define CVT_TOOLS_CVT_COMPILE_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <string>

namespace cvt {

/// Writes to standard error: one line that is rewritten on a terminal, a line
/// for each step with its time when `verbose`, nothing otherwise.
class Progress {
public:
  explicit Progress(bool verbose);
  ~Progress();

  /// The step before, if any, is done and `name` begins.
  void begin(const std::string &name);
  /// `done` of `total` parts of the step are done.
  void advance(size_t done, size_t total);
  /// The last step is done; the line goes.
  void finish();

private:
  bool verbose;
  bool onTerminal;
  std::string step;
  std::chrono::steady_clock::time_point started;
};

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_PROGRESS_H
