//===- options.cpp - Command line of cvt-run ------------------------------===//
//
// Flags are declared with CLI11; which of them go together is decided here.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/options.h"

#include "runtime/include/cvt/cvt.h"
#include "tools/cvt-run/failure.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

namespace cvt::run {

static constexpr const char *examples =
    "Examples:\n"
    "  cvt-run model.cvt cat.jpg dog.png          what is in two pictures\n"
    "  cvt-run model.cvt pictures/ --json         one JSON line for each\n"
    "  curl -s URL | cvt-run model.cvt -          a picture from a pipe\n"
    "  cvt-run model.cvt --input=x.npy --output-dir=out\n"
    "  cvt-run model.cvt --bench --batch=8 --threads=2\n"
    "  cvt-run model.cvt --info\n"
    "\n"
    "Exit codes: 0 done; 1 failed while running, or some of the pictures\n"
    "failed; 2 wrong usage; 3 the model or all of the input is bad or does "
    "not\n"
    "fit this machine.\n"
    "\n"
    "A model is native code: run only models you trust.";

/// A range whose bounds --help need not show.
static CLI::Validator inRange(int least, int most) {
  return CLI::Range(least, most).description("");
}

namespace {
/// The flags, bound to the options they set.
struct CommandLine {
  CommandLine() {
    app.get_formatter()->column_width(30);
    app.footer(examples);
    app.set_version_flag("--version", cvt_version(), "Print the version");
    app.add_option("MODEL", options.model, "A file that cvt-compile wrote")
        ->type_name("")
        ->required();
    app.add_option("IMAGE", options.pictures,
                   "Pictures (JPEG, PNG, WebP, BMP, P5, P6) to\n"
                   "classify; for a folder, all files in it; - for\n"
                   "one picture from standard input")
        ->type_name("");
    addPictureFlags();
    addModeFlags();
    app.add_option("--batch", options.batch,
                   "Images in one run, from 1 to what the model was\n"
                   "compiled for; default: that, with --bench 1\n"
                   "  --batch=4")
        ->type_name("N");
    app.add_option("--threads", options.threads,
                   "Threads to compute with; default: one for each\n"
                   "CPU this process may use\n"
                   "  --threads=2")
        ->type_name("N")
        ->check(inRange(1, 1024));
    app.add_flag("--json", options.json,
                 "Print JSON, one object a line\n"
                 "  cvt-run model.cvt cat.jpg --json");
    app.add_flag("--verify", options.verify,
                 "Also compare SHA-256 of code and weights with\n"
                 "the recorded ones\n"
                 "  cvt-run model.cvt --verify");
  }

  void addPictureFlags() {
    topK = app.add_option("--top-k", options.topK,
                          "Classes to print for a picture, default 5\n"
                          "  --top-k=1")
               ->type_name("K")
               ->check(inRange(1, 1 << 20));
    app.add_flag("--no-orientation", options.ignoreOrientation,
                 "Do not turn pictures as the camera noted in them\n"
                 "  cvt-run model.cvt photo.jpg --no-orientation");
    app.add_option("--save-pixel-values", options.pixelValues,
                   "Do not classify; write what the model would get,\n"
                   "(N, C, H, W), without pictures that fail\n"
                   "  cvt-run model.cvt a.jpg --save-pixel-values=x.npy")
        ->type_name("FILE");
  }

  void addModeFlags() {
    app.add_option("--input", options.input,
                   "Run on prepared pixel_values (B, C, H, W), float32\n"
                   "  --input=x.npy --output-dir=out")
        ->type_name("FILE");
    app.add_option("--output-dir", options.outputDir,
                   "Where --input writes NAME.npy for each output; made\n"
                   "if it is missing\n"
                   "  --input=x.npy --output-dir=out")
        ->type_name("FOLDER");
    app.add_flag("--bench", bench,
                 "Measure runs on random numbers\n"
                 "  cvt-run model.cvt --bench --batch=1 --threads=2");
    iterations = app.add_option("--iterations", options.iterations,
                                "Runs that --bench measures, default 50\n"
                                "  --iterations=200")
                     ->type_name("N")
                     ->check(inRange(1, 10000000));
    app.add_flag("--info", info,
                 "Print what the model is and needs\n"
                 "  cvt-run model.cvt --info --json");
  }

  CLI::App app{"Runs a model that cvt-compile wrote.", "cvt-run"};
  Options options;
  bool bench = false, info = false;
  CLI::Option *topK = nullptr, *iterations = nullptr;
};
} // namespace

[[noreturn]] static void failUsage(const std::string &message) {
  throw Failure(WrongUsage, message + " (see cvt-run --help)");
}

/// Decides the mode, and refuses flags that it would not look at.
static void chooseMode(CommandLine &line) {
  Options &options = line.options;
  const bool tensors = !options.input.empty() || !options.outputDir.empty();
  if (line.bench + line.info + tensors + !options.pictures.empty() > 1)
    failUsage("pictures, --input, --bench and --info exclude each other");
  if (tensors && (options.input.empty() || options.outputDir.empty()))
    failUsage("--input and --output-dir go together");
  if (std::count(options.pictures.begin(), options.pictures.end(), "-") > 1)
    failUsage("standard input holds one picture: - may be given once");
  for (const std::string &picture : options.pictures)
    if (picture.ends_with(".cvt") && !options.model.ends_with(".cvt"))
      failUsage(picture + ": the model comes first, then pictures");
  if (options.pictures.empty()) {
    if (!options.pixelValues.empty())
      failUsage("--save-pixel-values needs pictures");
    if (line.topK->count() != 0)
      failUsage("--top-k needs pictures");
    if (options.ignoreOrientation)
      failUsage("--no-orientation needs pictures");
    if (options.json && !line.bench && !line.info)
      failUsage("--json goes with pictures, --bench and --info");
  }
  if (line.iterations->count() != 0 && !line.bench)
    failUsage("--iterations goes with --bench");
  if (line.bench)
    options.mode = Mode::Bench;
  else if (line.info)
    options.mode = Mode::Info;
  else if (tensors)
    options.mode = Mode::RunTensors;
  else if (!options.pixelValues.empty())
    options.mode = Mode::SavePixelValues;
  else if (!options.pictures.empty())
    options.mode = Mode::Classify;
  else if (options.verify)
    options.mode = Mode::Verify;
  else
    failUsage("nothing to do: give pictures, --input, --bench or --info");
}

std::optional<Options> parseOptions(int argc, char **argv) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    std::cout << line.app.help();
    return std::nullopt;
  } catch (const CLI::CallForVersion &error) {
    std::cout << "cvt-run " << error.what() << "\n";
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    failUsage(error.what());
  }
  chooseMode(line);
  return line.options;
}

} // namespace cvt::run
