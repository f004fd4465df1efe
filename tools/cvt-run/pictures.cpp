//===- pictures.cpp - Pictures as a model takes them ----------------------===//
//
// Threads claim pictures one by one; each writes to a place of its own.
//
//===----------------------------------------------------------------------===//

#include "tools/cvt-run/pictures.h"

#include "tools/cvt-run/failure.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace cvt::run {

namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// All regular files but hidden ones: which are pictures, their content tells.
static void listFolder(const std::string &folder, std::vector<Picture> &out) {
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  for (; !code && entries != fs::directory_iterator();
       entries.increment(code)) {
    const std::string name = entries->path().filename().string();
    std::error_code ignored;
    if (name[0] != '.' && entries->is_regular_file(ignored))
      names.push_back((fs::path(folder) / name).string());
  }
  if (code || names.empty()) {
    out.push_back({folder, code ? "cannot read the folder: " + code.message()
                                : "there are no files in this folder"});
    return;
  }
  std::sort(names.begin(), names.end());
  for (std::string &name : names)
    out.push_back({std::move(name), ""});
}

std::vector<Picture> listPictures(const std::vector<std::string> &arguments) {
  std::vector<Picture> pictures;
  for (const std::string &argument : arguments) {
    std::error_code ignored;
    if (argument != "-" && fs::is_directory(argument, ignored))
      listFolder(argument, pictures);
    else
      pictures.push_back({argument, ""});
  }
  return pictures;
}

//===----------------------------------------------------------------------===//
// Pixels
//===----------------------------------------------------------------------===//

/// Reads all of standard input.  Returns what is wrong with it, or "".
static std::string readStandardInput(std::string &bytes) {
  constexpr size_t most = size_t(1) << 30; // As of a picture's file.
  char piece[1 << 16];
  try {
    for (;;) {
      const ssize_t count = ::read(STDIN_FILENO, piece, sizeof(piece));
      if (count == 0)
        return "";
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return std::string("cannot be read: ") + std::strerror(errno);
      if (bytes.size() + count > most)
        return "has more than 1 GB";
      bytes.append(piece, count);
    }
  } catch (const std::bad_alloc &) {
    return "out of memory";
  }
}

PictureLoader::PictureLoader(const Model &model, const Options &options)
    : model(model),
      imageOptions{sizeof(imageOptions), options.ignoreOrientation},
      threads(options.threads) {
  if (!model.info().takes_images)
    throw Failure(BadInput, options.model + ": this model does not take "
                                            "pictures; give it pixel_values "
                                            "with --input");
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
}

void PictureLoader::loadOne(Picture &picture, float *out) const {
  if (!picture.error.empty())
    return;
  cvt_status *status;
  if (picture.name == "-") {
    std::string bytes;
    picture.error = readStandardInput(bytes);
    if (!picture.error.empty())
      return;
    status = cvt_model_preprocess(model.get(), "-", bytes.data(), bytes.size(),
                                  &imageOptions, out);
  } else {
    status = cvt_model_preprocess_file(model.get(), picture.name.c_str(),
                                       &imageOptions, out);
  }
  if (!status)
    return;
  picture.error = cvt_status_message(status);
  cvt_status_destroy(status);
  // The name is printed with the error anyway.
  if (picture.error.starts_with(picture.name + ": "))
    picture.error.erase(0, picture.name.size() + 2);
}

void PictureLoader::load(std::span<Picture> pictures) {
  const uint64_t elements = model.inputElements();
  buffer.resize(pictures.size() * elements);
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next++) < pictures.size();)
      loadOne(pictures[i], &buffer[i * elements]);
  };
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < std::min<size_t>(threads, pictures.size()))
        helpers.emplace_back(work);
    } catch (const std::system_error &) {
      // Fewer threads do as well.
    }
    work();
  }
  size_t good = 0;
  for (size_t i = 0; i < pictures.size(); ++i)
    if (pictures[i].error.empty()) {
      if (good != i)
        std::copy_n(&buffer[i * elements], elements, &buffer[good * elements]);
      ++good;
    }
}

int exitCodeForPictures(size_t failed, size_t all) {
  if (failed == 0)
    return Done;
  return failed == all ? BadInput : FailedRunning;
}

} // namespace cvt::run
