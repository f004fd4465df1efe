//===- bench.cpp - How long runs take -------------------------------------===//
//
// Times each run on its own, after a few that are not counted.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/commands.h"
#include "tools/cvt-run/failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <random>
#include <sys/resource.h>

namespace cvt::run {

static constexpr int warmUpRuns = 3;
static constexpr double mega = 1e6, giga = 1e9;

/// Milliseconds of each run, in ascending order.
static std::vector<double> measure(Session &session, const float *pixels,
                                   int64_t batch, int iterations) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < warmUpRuns; ++i)
    session.run(pixels, batch);
  std::vector<double> times(iterations);
  for (double &time : times) {
    const Clock::time_point start = Clock::now();
    session.run(pixels, batch);
    time =
        std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// The smallest time that `percent` of the runs do not exceed.
static double percentile(const std::vector<double> &sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

static double peakResidentBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024.0;
}

int bench(const Model &model, const Options &options) {
  const cvt_model_info &info = model.info();
  const int64_t batch = model.batch(options, 1);
  Session session(model, options.threads, batch);
  std::vector<float> pixels(batch * model.inputElements());
  std::mt19937 random(0);
  std::normal_distribution<float> normal;
  std::generate(pixels.begin(), pixels.end(), [&] { return normal(random); });

  const std::vector<double> times =
      measure(session, pixels.data(), batch, options.iterations);
  const double mean =
      std::accumulate(times.begin(), times.end(), 0.0) / times.size();
  const double imagesPerSecond = 1000 * batch / mean;
  const double gflops = imagesPerSecond * info.flops_per_image / giga;
  const nlohmann::ordered_json result = {
      {"batch", batch},
      {"threads", session.threads()},
      {"iterations", options.iterations},
      {"latency_ms",
       {{"min", times.front()},
        {"p50", percentile(times, 50)},
        {"p90", percentile(times, 90)},
        {"p99", percentile(times, 99)},
        {"mean", mean}}},
      {"images_per_second", imagesPerSecond},
      {"gflops", gflops},
      {"peak_rss_mb", peakResidentBytes() / mega},
      {"arena_mb", session.arenaBytes() / mega},
      {"weights_mb", info.weights_bytes / mega}};
  if (options.json) {
    std::puts(result.dump().c_str());
    return Done;
  }
  std::printf("batch %lld, %d threads, %d runs\n"
              "latency  min %.3f ms, p50 %.3f, p90 %.3f, p99 %.3f, mean %.3f\n"
              "speed    %.2f images/s, %.1f GFLOP/s\n"
              "memory   %.1f MB peak, of it %.1f MB arena and scratch, "
              "%.1f MB weights\n",
              static_cast<long long>(batch), session.threads(),
              options.iterations, times.front(), percentile(times, 50),
              percentile(times, 90), percentile(times, 99), mean,
              imagesPerSecond, gflops, peakResidentBytes() / mega,
              session.arenaBytes() / mega, info.weights_bytes / mega);
  return Done;
}

} // namespace cvt::run
