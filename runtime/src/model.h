//===- model.h - An opened artifact ---------------------------------------===//
//
// Everything about a model that is fixed once it is open.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_MODEL_H
#define CVT_RUNTIME_MODEL_H

#include "runtime/src/file.h"
#include "runtime/src/manifest.h"
#include "runtime/src/status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cvt {

/// Closes a handle of dlopen.
struct LibraryCloser {
  void operator()(void *library) const;
};
using Library = std::unique_ptr<void, LibraryCloser>;

} // namespace cvt

/// Immutable after it was opened, and so shared by threads freely.
struct cvt_model {
  /// Checks everything that can be checked, and only then loads the code.
  static cvt::Status open(const std::string &path, bool verifySha256,
                          std::unique_ptr<cvt_model> &out);

  void describe(cvt_model_info &out) const;

  std::string path;
  cvt::Manifest manifest;
  const cvt::TargetSpec *target = nullptr; ///< the one this CPU runs
  cvt_forward_fn forward = nullptr;
  std::span<const uint8_t> weights;

private:
  struct Loader;
  void fillInfo();

  cvt::Mapping file;
  /// The sealed copy of the code.  Stays open while the library is loaded: the
  /// loader tells libraries apart by name, and this one's name has the
  /// descriptor's number in it.
  cvt::FileDescriptor code;
  cvt::Library library;
  // What describe hands out pointers to.
  std::vector<cvt_tensor_info> outputInfos;
  std::vector<const char *> labelPointers;
};

#endif // CVT_RUNTIME_MODEL_H
