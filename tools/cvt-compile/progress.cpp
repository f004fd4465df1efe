//===- progress.cpp - What cvt-compile is doing, for who waits for it -----===//

#include "tools/cvt-compile/progress.h"

#include <cstdio>

#include <unistd.h>

using namespace cvt;

/// Back to the start of the line, which is cleared.
static constexpr const char *kClearLine = "\r\033[K";

Progress::Progress(bool verbose)
    : verbose(verbose), onTerminal(isatty(STDERR_FILENO)) {}

Progress::~Progress() { finish(); }

void Progress::begin(const std::string &name) {
  finish();
  step = name;
  started = std::chrono::steady_clock::now();
  if (onTerminal)
    std::fprintf(stderr, "%s%s", kClearLine, step.c_str());
}

void Progress::advance(size_t done, size_t total) {
  if (onTerminal)
    std::fprintf(stderr, "%s%s %zu/%zu", kClearLine, step.c_str(), done, total);
}

void Progress::finish() {
  if (step.empty())
    return;
  if (onTerminal)
    std::fprintf(stderr, "%s", kClearLine);
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - started;
  if (verbose)
    std::fprintf(stderr, "%-10s %7.3f s\n", step.c_str(), seconds.count());
  step.clear();
}
