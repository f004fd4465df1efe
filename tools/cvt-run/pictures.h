//===- pictures.h - Pictures as a model takes them ------------------------===//
//
// Finds the pictures that the command line names and prepares them, a few at a
// time.  A picture that cannot be read is a result, not a failure.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TOOLS_CVT_RUN_PICTURES_H
#define CVT_TOOLS_CVT_RUN_PICTURES_H

#include "tools/cvt-run/model.h"
#include "tools/cvt-run/options.h"

#include <span>
#include <string>
#include <vector>

namespace cvt::run {

/// A picture, or a folder without any.
struct Picture {
  std::string name;  ///< its path, or "-"
  std::string error; ///< why there are no pixels; empty: there are
};

/// What `arguments` name, in order: files, the files of folders by name, "-".
std::vector<Picture> listPictures(const std::vector<std::string> &arguments);

/// Decodes and resizes pictures on several threads.
class PictureLoader {
public:
  /// Throws a Failure if the model takes no pictures.
  PictureLoader(const Model &model, const Options &options);

  /// Prepares `pictures` and sets the errors of those that fail.  The pixels of
  /// the others lie one behind the other in pixels() then.
  void load(std::span<Picture> pictures);

  const float *pixels() const { return buffer.data(); }

private:
  void loadOne(Picture &picture, float *out) const;

  const Model &model;
  cvt_image_options imageOptions;
  int threads;
  std::vector<float> buffer;
};

/// How a program ends that could not use `failed` of `all` pictures.
int exitCodeForPictures(size_t failed, size_t all);

} // namespace cvt::run

#endif // CVT_TOOLS_CVT_RUN_PICTURES_H
