//===- symbol_name.cpp - Kernel specs as symbol names and back ------------===//

#include "compiler/kernels/spec_fields.h"

#include "llvm/ADT/StringExtras.h"

#include <bit>
#include <charconv>

namespace cvt::kernels {

namespace {

struct Printer {
  std::string text;

  void number(std::string_view name, int64_t value, int64_t) {
    text.append("_").append(name).append(std::to_string(value));
  }
  void window(std::string_view name, int64_t value, int64_t least) {
    number(name, value, least);
  }
  void flag(std::string_view name, bool value) {
    if (value)
      text.append("_").append(name);
  }
  template <class Names, class Enum> void option(const Names &names, Enum v) {
    std::string_view name = names[static_cast<size_t>(v)];
    flag(name, !name.empty());
  }
  template <class Names, class Enum> void word(const Names &names, Enum v) {
    option(names, v);
  }
  template <class Names, class Enum>
  void exception(std::string_view name, const Names &names, Enum v,
                 Enum usual) {
    if (v == usual)
      return;
    text.append("_").append(name);
    word(names, v);
  }
  void bits(std::string_view name, float value) {
    std::string hex = llvm::utohexstr(std::bit_cast<uint32_t>(value),
                                      /*LowerCase=*/true, /*Width=*/8);
    text.append("_").append(name).append(hex);
  }
  void list(const std::vector<StridePadding> &outputs) {
    for (const StridePadding &o : outputs)
      text.append("_s")
          .append(std::to_string(o.stride))
          .append("p")
          .append(std::to_string(o.padding));
  }
};

/// Reads what Printer wrote, and more (leading zeros, say): the caller prints
/// the result again and compares.
struct Parser {
  std::string_view rest;
  bool ok = true;

  bool consume(std::string_view text) {
    if (!rest.starts_with(text))
      return false;
    rest.remove_prefix(text.size());
    return true;
  }
  template <class T> void digits(T &value, int base) {
    const char *end = rest.data() + rest.size();
    auto [stop, error] = std::from_chars(rest.data(), end, value, base);
    ok = ok && error == std::errc();
    rest.remove_prefix(stop - rest.data());
  }
  void number(std::string_view name, int64_t &value, int64_t) {
    ok = ok && consume("_") && consume(name);
    if (ok)
      digits(value, 10);
  }
  void window(std::string_view name, int64_t &value, int64_t least) {
    number(name, value, least);
  }
  void flag(std::string_view name, bool &value) {
    value = consume("_" + std::string(name));
  }
  template <class Names, class Enum>
  bool option(const Names &names, Enum &value) {
    for (size_t i = 0; i < names.size(); i++)
      if (!names[i].empty() && consume("_" + std::string(names[i]))) {
        value = static_cast<Enum>(i);
        return true;
      }
    return false;
  }
  template <class Names, class Enum>
  void word(const Names &names, Enum &value) {
    ok = ok && option(names, value);
  }
  template <class Names, class Enum>
  void exception(std::string_view name, const Names &names, Enum &value,
                 Enum usual) {
    value = usual;
    if (consume("_" + std::string(name)))
      word(names, value);
  }
  void bits(std::string_view name, float &value) {
    uint32_t pattern = 0;
    ok = ok && consume("_") && consume(name);
    if (ok)
      digits(pattern, 16);
    value = std::bit_cast<float>(pattern);
  }
  void list(std::vector<StridePadding> &outputs) {
    while (ok && consume("_s")) {
      StridePadding &o = outputs.emplace_back();
      digits(o.stride, 10);
      ok = ok && consume("p");
      if (ok)
        digits(o.padding, 10);
    }
  }
};

/// Makes `spec` an empty spec of the family at index `family`.
template <size_t I = 0> void setFamily(KernelSpec &spec, size_t family) {
  if constexpr (I < std::variant_size_v<decltype(spec.family)>) {
    if (family == I)
      spec.family.emplace<I>();
    else
      setFamily<I + 1>(spec, family);
  }
}

} // namespace

std::string symbolName(const KernelSpec &spec) {
  Printer printer;
  printer.text = kFamilyNames[spec.family.index()];
  std::visit([&](auto family) { visitFields(family, printer); }, spec.family);
  Formats formats = spec.formats;
  visitFormats(formats, printer);
  return printer.text.append("_").append(
      cpuTargetInfo(spec.target).symbolSuffix);
}

std::optional<KernelSpec> parseSymbolName(std::string_view name) {
  Parser parser{name};
  KernelSpec spec;
  size_t family = 0;
  while (family < kFamilyNames.size() && !parser.consume(kFamilyNames[family]))
    family++;
  if (family == kFamilyNames.size())
    return std::nullopt;
  setFamily(spec, family);
  std::visit([&](auto &fields) { visitFields(fields, parser); }, spec.family);
  visitFormats(spec.formats, parser);
  if (!parser.ok || !parser.consume("_"))
    return std::nullopt;
  for (CpuTarget target : kCpuTargets)
    if (cpuTargetInfo(target).symbolSuffix == parser.rest)
      spec.target = target;
  if (llvm::Error error = verifyKernelSpec(spec)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  if (symbolName(spec) != name)
    return std::nullopt;
  return spec;
}

} // namespace cvt::kernels
