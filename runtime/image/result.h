//===- result.h - A value or one sentence that says why not ---------------===//
//
// Pictures come from strangers, so every function that reads one can fail, and
// none throws.  The sentence starts in lower case and names no file: callers
// put "FILE: " before it.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_RUNTIME_IMAGE_RESULT_H
#define CVT_RUNTIME_IMAGE_RESULT_H

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace cvt::image {

struct Error {
  /// One sentence without a newline and without a full stop.
  std::string message;
};

/// What a function that yields nothing returns: empty, or why it failed.
using Status = std::optional<Error>;

/// A T, or why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Error error) : state(std::move(error)) {}

  explicit operator bool() const { return state.index() == 0; }

  /// The value.  Only if there is one.
  T &operator*() {
    assert(*this && "an unchecked error");
    return *std::get_if<T>(&state);
  }
  const T &operator*() const {
    assert(*this && "an unchecked error");
    return *std::get_if<T>(&state);
  }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  /// The sentence.  Only if there is no value.
  const std::string &error() const {
    assert(!*this && "no error");
    return std::get_if<Error>(&state)->message;
  }

private:
  std::variant<T, Error> state;
};

} // namespace cvt::image

#endif // CVT_RUNTIME_IMAGE_RESULT_H
