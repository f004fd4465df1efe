//===- status.h - Failures inside the runtime -----------------------------===//
//
// A failure travels as an owned cvt_status, null for success, from the place
// that can name the problem up to the C API, which hands it to the caller.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_STATUS_H
#define CVT_RUNTIME_STATUS_H

#include "runtime/include/cvt/cvt.h"

#include <memory>
#include <string>

/// Immutable once made.
struct cvt_status {
  cvt_code code;
  std::string message;
};

namespace cvt {

struct StatusDeleter {
  void operator()(cvt_status *status) const { cvt_status_destroy(status); }
};

/// Null: success.
using Status = std::unique_ptr<cvt_status, StatusDeleter>;

/// A failure.  Control characters in `message`, which may come from a file,
/// become spaces, so that it stays one line.
Status fail(cvt_code code, std::string message);

/// The status for the moment when there is no memory for another.
Status failOutOfMemory() noexcept;

/// What the system says about `error`, an errno.
std::string describeErrno(int error);

/// Runs `body`, which returns a Status, for a function of the C API: nothing is
/// thrown past it.
template <typename Body> cvt_status *guard(Body body) noexcept {
  try {
    return body().release();
  } catch (const std::bad_alloc &) {
    return failOutOfMemory().release();
  }
}

} // namespace cvt

#endif // CVT_RUNTIME_STATUS_H
