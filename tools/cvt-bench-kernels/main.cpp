//===- main.cpp - cvt-bench-kernels ---------------------------------------===//
//
// Times each kernel of an artifact alone and compares it with what the machine
// can do at most.  Peaks and kernels take turns, and the best of each counts:
// other programs disturb both for seconds at a time.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-bench-kernels/table.h"

#include "tools/cvt-bench-kernels/timed_kernel.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <thread>

using namespace cvt;
using namespace cvt::bench;

struct Options {
  std::string model, only;
  int threads = int(std::thread::hardware_concurrency());
  int64_t batch = 1;
  double seconds = 0.05;
  int sweeps = 8;
  bool each = false, peaks = false;
};

static void declare(CLI::App &app, Options &options) {
  app.add_option("MODEL", options.model, "A file that cvt-compile wrote")
      ->type_name("");
  app.add_option("--threads", options.threads, "Default: one for each CPU")
      ->check(CLI::Range(1, 1024));
  app.add_option("--batch", options.batch, "Images in one run, default 1")
      ->check(CLI::Range(1, 1024));
  app.add_option("--sweeps", options.sweeps,
                 "How often to go through peaks, network and kernels; the best "
                 "of all sweeps counts; default 8")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.seconds,
                 "How long a kernel runs in a sweep, about; default 0.05");
  app.add_option("--only", options.only,
                 "Only kernels whose names contain this");
  app.add_flag("--each", options.each, "Also print each kernel");
  app.add_flag("--peaks", options.peaks,
               "Only measure what this machine can do");
}

namespace {
/// What all sweeps have found.
struct Best {
  explicit Best(size_t kernels) : kernels(kernels, infinity) {}

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  Peaks peaks;
  double network = infinity;
  /// Seconds of one call of each kernel.
  std::vector<double> kernels;
};
} // namespace

/// Lowers `best` to what `measured` has, if it has.
static llvm::Error lower(double &best, llvm::Expected<double> measured) {
  if (!measured)
    return measured.takeError();
  best = std::min(best, *measured);
  return llvm::Error::success();
}

static llvm::Error sweep(const Options &options, Network &network,
                         kernels::CpuTarget target,
                         std::vector<TimedKernel> &timed, Best &best) {
  raiseBandwidth(best.peaks, options.threads);
  if (llvm::Error error = lower(best.network, network.run()))
    return error;
  for (size_t i = 0; i < timed.size(); ++i) {
    raiseArithmetic(best.peaks, target, options.threads);
    if (llvm::Error error =
            lower(best.kernels[i], timed[i].run(options.seconds)))
      return error;
  }
  return llvm::Error::success();
}

static std::vector<NetworkKernel> choose(const Network &network,
                                         const std::string &only) {
  std::vector<NetworkKernel> chosen = network.kernels();
  std::erase_if(chosen, [&](const NetworkKernel &kernel) {
    return symbolName(kernel.spec).find(only) == std::string::npos;
  });
  return chosen;
}

static void print(const Options &options, const Network &network,
                  const std::vector<NetworkKernel> &chosen, const Best &best) {
  std::vector<Row> rows;
  for (size_t i = 0; i < chosen.size(); ++i)
    rows.push_back(
        makeRow(chosen[i], best.kernels[i], options.batch, best.peaks));
  std::printf("%s, batch %lld, %d threads: the network takes %.2f ms.\n",
              network.precision().c_str(),
              static_cast<long long>(options.batch), options.threads,
              1000 * best.network);
  printPeaks(best.peaks);
  std::printf("\n");
  printTable(addFamilies(chosen, rows), "family");
  if (options.each) {
    std::printf("\n");
    printTable(rows, "kernel");
  }
}

static llvm::Error benchNetwork(const Options &options) {
  auto network = Network::open(options.model, options.threads, options.batch);
  if (!network)
    return network.takeError();
  const std::vector<NetworkKernel> chosen = choose(*network, options.only);
  if (chosen.empty())
    return llvm::createStringError("--only=" + options.only +
                                   ": no kernel's name contains it");
  ThreadPool pool(options.threads);
  std::vector<TimedKernel> timed;
  for (const NetworkKernel &kernel : chosen) {
    auto made =
        TimedKernel::make(kernel.spec, kernel.calls, options.batch, pool);
    if (!made)
      return made.takeError();
    timed.push_back(std::move(*made));
  }
  Best best(timed.size());
  const kernels::CpuTarget target = network->kernels().front().spec.target;
  for (int i = 0; i < options.sweeps; ++i)
    if (llvm::Error error = sweep(options, *network, target, timed, best))
      return error;
  print(options, *network, chosen, best);
  return llvm::Error::success();
}

static llvm::Error run(const Options &options) {
  if (!options.peaks)
    return benchNetwork(options);
  auto target = kernels::nativeCpuTarget();
  if (!target)
    return target.takeError();
  Peaks peaks;
  for (int i = 0; i < options.sweeps; ++i) {
    raiseArithmetic(peaks, *target, options.threads);
    raiseBandwidth(peaks, options.threads);
  }
  printPeaks(peaks);
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app{"Times each kernel of a model alone, against this machine's "
               "peaks.",
               "cvt-bench-kernels"};
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.model.empty() != options.peaks) {
    std::fprintf(stderr, "cvt-bench-kernels: give either MODEL or --peaks\n");
    return 2;
  }
  if (llvm::Error error = run(options)) {
    std::fprintf(stderr, "cvt-bench-kernels: %s\n",
                 toString(std::move(error)).c_str());
    return 1;
  }
  return 0;
}
