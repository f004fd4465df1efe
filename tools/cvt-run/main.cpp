//===- main.cpp - cvt-run -------------------------------------------------===//
//
// Runs a model that cvt-compile wrote.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/commands.h"
#include "tools/cvt-run/failure.h"
#include "tools/npy/npy.h"

#include <cstdio>
#include <new>

using namespace cvt::run;

static int runCommand(int argc, char **argv) {
  const std::optional<Options> options = parseOptions(argc, argv);
  if (!options)
    return Done;
  const Model model(*options);
  switch (options->mode) {
  case Mode::Classify:
    return classify(model, *options);
  case Mode::SavePixelValues:
    return savePixelValues(model, *options);
  case Mode::RunTensors:
    return runTensors(model, *options);
  case Mode::Bench:
    return bench(model, *options);
  case Mode::Info:
    return printInfo(model, *options);
  case Mode::Verify:
    std::printf("%s: code and weights have their SHA-256\n",
                options->model.c_str());
    return Done;
  }
  return Done;
}

/// One line, whatever file names hold.
static int report(int code, std::string message) {
  for (char &c : message)
    if (c == '\n')
      c = ' ';
  std::fprintf(stderr, "cvt-run: %s\n", message.c_str());
  return code;
}

int main(int argc, char **argv) {
  try {
    const int code = runCommand(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
      return report(FailedRunning, "cannot write to standard output");
    return code;
  } catch (const Failure &failure) {
    return report(failure.code, failure.what());
  } catch (const cvt::npy::Error &error) {
    return report(FailedRunning, error.what());
  } catch (const std::bad_alloc &) {
    return report(FailedRunning, "out of memory");
  }
}
