//===- json_reader.h - JSON files with checked values ---------------------===//
//
// The files of a model folder come from anywhere.  A reader hands out values
// of the right type and range and remembers the first one that is not, so that
// parsing code is a list of keys followed by one check.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_JSON_READER_H
#define CVT_FRONTEND_JSON_READER_H

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cvt {

/// Largest JSON file of a model folder that is read, in bytes.
inline constexpr uint64_t kMaxJsonBytes = 16 << 20;

/// The content of a regular file of at most kMaxJsonBytes, or nothing and
/// `error`.
std::optional<std::string> readTextFile(const std::filesystem::path &path,
                                        std::string &error);

/// Parses `text` as one JSON object.  `name` stands for the file in errors.
std::optional<nlohmann::json> parseJsonObject(std::string_view text,
                                              std::string_view name,
                                              std::string &error);

/// A value as messages show it: short and on one line.
std::string describe(const nlohmann::json &value);

/// A name from a file as messages show it: on one line, without control
/// characters, and not longer than a name of a real tensor.
std::string printable(std::string_view name);

/// Inclusive limits of an integer or a number.
template <typename T> struct Limits {
  T least;
  T most;
};

/// Reads the keys of one object.  After a failure, values are only
/// placeholders: check `error` before using any.
class ObjectReader {
public:
  /// `object` must outlive the reader.
  ObjectReader(const nlohmann::json &object, std::string_view file)
      : object(object), file(file) {}

  /// The value of `key`, or null if there is none or it is `null` and
  /// `nullIsMissing`.
  const nlohmann::json *find(const char *key, bool nullIsMissing = true) const;

  int64_t integer(const char *key, int64_t fallback, Limits<int64_t> limits);
  double number(const char *key, double fallback, Limits<double> limits);
  bool boolean(const char *key, bool fallback);

  /// The first `count` entries of a list that has at least that many.
  std::vector<int64_t> integers(const char *key,
                                const std::vector<int64_t> &fallback,
                                size_t count, Limits<int64_t> limits);
  std::vector<double> numbers(const char *key,
                              const std::vector<double> &fallback, size_t count,
                              Limits<double> limits);
  /// 0 and 1 count as booleans, as they do in Python.
  std::vector<bool> booleans(const char *key, const std::vector<bool> &fallback,
                             size_t count);
  std::vector<std::string> strings(const char *key,
                                   const std::vector<std::string> &fallback,
                                   size_t count);

  /// Records "FILE: KEY is VALUE; it must be ALLOWED" unless an earlier
  /// failure is recorded.
  void fail(std::string_view key, std::string_view value,
            std::string_view allowed);

  /// The first failure, or empty.
  const std::string &error() const { return message; }

private:
  template <typename T, typename Convert>
  std::vector<T> list(const char *key, const std::vector<T> &fallback,
                      size_t count, std::string_view allowed, Convert convert);

  const nlohmann::json &object;
  std::string file;
  std::string message;
};

/// "KEY[INDEX]".
std::string indexed(std::string_view key, size_t index);

/// A number as briefly as it can be read back.
std::string formatNumber(double value);

} // namespace cvt

#endif // CVT_FRONTEND_JSON_READER_H
