//===- status.cpp - Failures inside the runtime ---------------------------===//
//
// Statuses are plain heap objects but for one, which must exist when the heap
// is exhausted.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/status.h"

#include <cstring>
#include <new>

namespace cvt {

static cvt_status outOfMemory{CVT_OUT_OF_MEMORY, "out of memory"};

Status fail(cvt_code code, std::string message) {
  for (char &c : message)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      c = ' ';
  return Status(new cvt_status{code, std::move(message)});
}

Status failOutOfMemory() noexcept { return Status(&outOfMemory); }

std::string describeErrno(int error) {
  char buffer[256];
  // The GNU variant, which g++ always selects.
  return strerror_r(error, buffer, sizeof(buffer));
}

} // namespace cvt

cvt_code cvt_status_code(const cvt_status *status) { return status->code; }

const char *cvt_status_message(const cvt_status *status) {
  return status->message.c_str();
}

void cvt_status_destroy(cvt_status *status) {
  if (status != &cvt::outOfMemory)
    delete status;
}
