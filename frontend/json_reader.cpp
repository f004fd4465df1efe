//===- json_reader.cpp - JSON files with checked values -------------------===//
//
// Messages are made here, so that all of them read alike.
//
//===----------------------------------------------------------------------===//

#include "frontend/json_reader.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

using nlohmann::json;

namespace cvt {

std::optional<std::string> readTextFile(const std::filesystem::path &path,
                                        std::string &error) {
  std::error_code status;
  uint64_t bytes = std::filesystem::file_size(path, status);
  if (status) {
    error = path.string() + ": " + status.message();
    return std::nullopt;
  }
  if (bytes > kMaxJsonBytes) {
    error = path.string() + ": has " + std::to_string(bytes) +
            " bytes; a JSON file of a model may have " +
            std::to_string(kMaxJsonBytes);
    return std::nullopt;
  }
  std::string text(bytes, '\0');
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(text.data(), static_cast<std::streamsize>(bytes))) {
    error = path.string() + ": cannot be read: " +
            (errno ? std::strerror(errno) : "it became shorter");
    return std::nullopt;
  }
  return text;
}

std::optional<json> parseJsonObject(std::string_view text,
                                    std::string_view name, std::string &error) {
  // The parser would take it for the end of the text.
  if (size_t nul = text.find('\0'); nul != std::string_view::npos) {
    error = std::string(name) + ": is not JSON: zero byte at byte " +
            std::to_string(nul + 1);
    return std::nullopt;
  }
  json value;
  try {
    value = json::parse(text);
  } catch (const json::parse_error &failure) {
    error = std::string(name) + ": is not JSON: syntax error at byte " +
            std::to_string(failure.byte);
    return std::nullopt;
  } catch (const json::exception &) {
    error = std::string(name) + ": holds a number too large to read";
    return std::nullopt;
  }
  if (!value.is_object()) {
    error = std::string(name) + ": is " + describe(value) +
            "; it must be a JSON object";
    return std::nullopt;
  }
  return value;
}

/// JSON text of a scalar: ASCII, with escapes, cut after `longest` characters.
static std::string escaped(const json &value, size_t longest) {
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true,
                                json::error_handler_t::replace);
  if (text.size() > longest)
    text = text.substr(0, longest) + "...";
  return text;
}

std::string describe(const json &value) {
  // No text for these: writing it recurses as deeply as the file nests.
  if (value.is_object())
    return "an object";
  if (value.is_array())
    return "a list of " + std::to_string(value.size());
  return escaped(value, 60);
}

std::string printable(std::string_view name) {
  std::string text = escaped(json(name), 250);
  // Without the quotes, the second of which may have been cut.
  text.erase(0, 1);
  if (text.ends_with('"'))
    text.pop_back();
  return text;
}

std::string indexed(std::string_view key, size_t index) {
  return std::string(key) + "[" + std::to_string(index) + "]";
}

std::string formatNumber(double value) { return json(value).dump(); }

//===----------------------------------------------------------------------===//
// One value: converted, or nothing if it is not what is allowed.
//===----------------------------------------------------------------------===//

static std::optional<int64_t> toInteger(const json &value,
                                        Limits<int64_t> limits) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX))
    return std::nullopt;
  int64_t number = value.get<int64_t>();
  if (number < limits.least || number > limits.most)
    return std::nullopt;
  return number;
}

static std::optional<double> toNumber(const json &value,
                                      Limits<double> limits) {
  if (!value.is_number())
    return std::nullopt;
  double number = value.get<double>();
  if (!(number >= limits.least && number <= limits.most))
    return std::nullopt;
  return number;
}

static std::optional<bool> toBoolean(const json &value) {
  if (value.is_boolean())
    return value.get<bool>();
  if (std::optional<int64_t> number = toInteger(value, {0, 1}))
    return *number == 1;
  return std::nullopt;
}

static std::optional<std::string> toString(const json &value) {
  if (!value.is_string())
    return std::nullopt;
  return value.get<std::string>();
}

static std::string allowedText(Limits<int64_t> limits) {
  return "a whole number from " + std::to_string(limits.least) + " to " +
         std::to_string(limits.most);
}

static std::string allowedText(Limits<double> limits) {
  return "a number from " + formatNumber(limits.least) + " to " +
         formatNumber(limits.most);
}

//===----------------------------------------------------------------------===//
// ObjectReader
//===----------------------------------------------------------------------===//

const json *ObjectReader::find(const char *key, bool nullIsMissing) const {
  auto found = object.find(key);
  if (found == object.end() || (nullIsMissing && found->is_null()))
    return nullptr;
  return &*found;
}

void ObjectReader::fail(std::string_view key, std::string_view value,
                        std::string_view allowed) {
  if (message.empty())
    message.append(file)
        .append(": ")
        .append(key)
        .append(" is ")
        .append(value)
        .append("; it must be ")
        .append(allowed);
}

int64_t ObjectReader::integer(const char *key, int64_t fallback,
                              Limits<int64_t> limits) {
  const json *value = find(key, /*nullIsMissing=*/false);
  if (!value)
    return fallback;
  if (std::optional<int64_t> number = toInteger(*value, limits))
    return *number;
  fail(key, describe(*value), allowedText(limits));
  return fallback;
}

double ObjectReader::number(const char *key, double fallback,
                            Limits<double> limits) {
  const json *value = find(key, /*nullIsMissing=*/false);
  if (!value)
    return fallback;
  if (std::optional<double> number = toNumber(*value, limits))
    return *number;
  fail(key, describe(*value), allowedText(limits));
  return fallback;
}

bool ObjectReader::boolean(const char *key, bool fallback) {
  const json *value = find(key, /*nullIsMissing=*/false);
  if (!value)
    return fallback;
  if (std::optional<bool> result = toBoolean(*value))
    return *result;
  fail(key, describe(*value), "true or false");
  return fallback;
}

template <typename T, typename Convert>
std::vector<T> ObjectReader::list(const char *key,
                                  const std::vector<T> &fallback, size_t count,
                                  std::string_view allowed, Convert convert) {
  const json *value = find(key, /*nullIsMissing=*/false);
  std::vector<T> result(count);
  std::string atLeast = "a list of at least " + std::to_string(count) +
                        ", one for each embed_dim: each " +
                        std::string(allowed);
  if (!value) {
    if (fallback.size() < count) {
      fail(key, "missing", atLeast);
      return result;
    }
    return {fallback.begin(), fallback.begin() + static_cast<long>(count)};
  }
  if (!value->is_array() || value->size() < count) {
    fail(key, describe(*value), atLeast);
    return result;
  }
  for (size_t i = 0; i != count; ++i) {
    std::optional<T> entry = convert((*value)[i]);
    if (!entry) {
      fail(indexed(key, i), describe((*value)[i]), allowed);
      return result;
    }
    result[i] = *entry;
  }
  return result;
}

std::vector<int64_t>
ObjectReader::integers(const char *key, const std::vector<int64_t> &fallback,
                       size_t count, Limits<int64_t> limits) {
  return list(key, fallback, count, allowedText(limits),
              [&](const json &value) { return toInteger(value, limits); });
}

std::vector<double> ObjectReader::numbers(const char *key,
                                          const std::vector<double> &fallback,
                                          size_t count, Limits<double> limits) {
  return list(key, fallback, count, allowedText(limits),
              [&](const json &value) { return toNumber(value, limits); });
}

std::vector<bool> ObjectReader::booleans(const char *key,
                                         const std::vector<bool> &fallback,
                                         size_t count) {
  return list(key, fallback, count, "true or false", toBoolean);
}

std::vector<std::string>
ObjectReader::strings(const char *key, const std::vector<std::string> &fallback,
                      size_t count) {
  return list(key, fallback, count, "a string", toString);
}

} // namespace cvt
