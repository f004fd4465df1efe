//===- image_dump.cpp - The image path for a Python test to drive ---------===//
//
// Reads one job a line from standard input, words separated by tabs, and
// answers each with a line, "ok WIDTH HEIGHT" or "error: SENTENCE":
//
//   decode OUT IMAGE KEY=VALUE...      pixels as bytes; orientation=0|1
//   resize OUT IMAGE KEY=VALUE...      width, height, filter, and the window
//                                      left, top, w, h
//   preprocess OUT IMAGE KEY=VALUE...  pixel_values as floats; the keys of
//                                      preprocessor_config.json, lists as
//                                      0.5,0.5,0.5, and model_size, the side
//                                      that the model takes
//
//===----------------------------------------------------------------------===//

#include "runtime/image/decode.h"
#include "runtime/image/processor.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>

using namespace cvt::image;

namespace {

struct Job {
  std::string verb, out, image;
  std::map<std::string, std::string> values;

  double number(const std::string &key, double byDefault) const {
    auto it = values.find(key);
    return it == values.end() ? byDefault : std::stod(it->second);
  }
  std::array<double, 3> list(const std::string &key,
                             std::array<double, 3> byDefault) const {
    auto it = values.find(key);
    if (it != values.end()) {
      std::istringstream stream(it->second);
      std::string item;
      for (double &value : byDefault) {
        std::getline(stream, item, ',');
        value = std::stod(item);
      }
    }
    return byDefault;
  }
};

} // namespace

static Job parse(const std::string &line) {
  std::istringstream stream(line);
  Job job;
  std::getline(stream, job.verb, '\t');
  std::getline(stream, job.out, '\t');
  std::getline(stream, job.image, '\t');
  for (std::string word; std::getline(stream, word, '\t');) {
    size_t equals = word.find('=');
    job.values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return job;
}

static void write(const std::string &path, const void *data, size_t bytes) {
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char *>(data), std::streamsize(bytes));
}

static Status writePixels(const Job &job, const Image &image) {
  write(job.out, image.pixels.data(), image.pixels.size());
  std::cout << "ok " << image.width << " " << image.height << "\n";
  return {};
}

static Status runPreprocess(const Job &job, const Image &image) {
  ProcessorConfig config;
  config.doResize = job.number("do_resize", config.doResize) != 0;
  config.size = int(job.number("size", config.size));
  config.cropPct = job.number("crop_pct", config.cropPct);
  config.resample = Filter(int(job.number("resample", int(config.resample))));
  config.doRescale = job.number("do_rescale", config.doRescale) != 0;
  config.rescaleFactor = job.number("rescale_factor", config.rescaleFactor);
  config.doNormalize = job.number("do_normalize", config.doNormalize) != 0;
  config.mean = job.list("image_mean", config.mean);
  config.std = job.list("image_std", config.std);
  Size size = outputSize(config, {image.width, image.height});
  int width = int(job.number("model_size", double(size.width)));
  int height = int(job.number("model_size", double(size.height)));
  std::vector<float> values(size_t(width) * height * 3);
  if (Status status = preprocess(image, config, height, width, values.data()))
    return status;
  write(job.out, values.data(), values.size() * sizeof(float));
  std::cout << "ok " << width << " " << height << "\n";
  return {};
}

static Status run(const Job &job) {
  std::ifstream file(job.image, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  DecodeOptions options;
  options.applyOrientation = job.number("orientation", 1) != 0;
  Result<Image> image = decode(std::as_bytes(std::span(bytes)), options);
  if (!image)
    return Error{image.error()};
  if (job.verb == "decode")
    return writePixels(job, *image);
  if (job.verb == "preprocess")
    return runPreprocess(job, *image);
  Size size{int64_t(job.number("width", 0)), int64_t(job.number("height", 0))};
  Window window{int64_t(job.number("left", 0)), int64_t(job.number("top", 0)),
                int(job.number("w", double(size.width))),
                int(job.number("h", double(size.height)))};
  return writePixels(
      job, resize(*image, size, Filter(int(job.number("filter", 3))), window));
}

int main() {
  for (std::string line; std::getline(std::cin, line);)
    if (Status status = run(parse(line)))
      std::cout << "error: " << status->message << "\n";
  return 0;
}
