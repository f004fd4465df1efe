//===- weights_section.cpp - The bytes of a module's weights section ------===//

#include "compiler/weight_values/weight_symbols.h"
#include "compiler/weight_values/weight_values.h"

#include <algorithm>
#include <array>
#include <bit>

using namespace llvm;
using namespace mlir;

namespace cvt {

namespace {

/// Where a symbol's bytes lie in the section.
struct Placement {
  uint64_t offset;
  uint64_t bytes;
  StringRef symbol;
  Type element;

  uint64_t end() const { return offset + bytes; }
};

Error appendZeros(uint64_t count, WeightValues::Append append) {
  static constexpr std::array<std::byte, 4096> kZeros = {};
  while (count != 0) {
    auto piece =
        std::span(kZeros).first(std::min<uint64_t>(count, kZeros.size()));
    if (Error error = append(piece))
      return error;
    count -= piece.size();
  }
  return Error::success();
}

/// Appends the upper halves of floats that have been rounded to bf16.
Error appendBf16(std::span<const float> values, WeightValues::Append append) {
  std::vector<uint16_t> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), [](float value) {
    return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
  });
  return append(std::as_bytes(std::span(halves)));
}

template <class Integer>
Error appendIntegers(std::span<const float> values,
                     WeightValues::Append append) {
  std::vector<Integer> integers(values.begin(), values.end());
  return append(std::as_bytes(std::span(integers)));
}

/// Appends floats, which `element` holds exactly.
Error appendAs(Type element, std::span<const float> values,
               WeightValues::Append append) {
  if (element.isBF16())
    return appendBf16(values, append);
  if (element.isUnsignedInteger())
    return appendIntegers<uint8_t>(values, append);
  if (element.isInteger())
    return appendIntegers<int8_t>(values, append);
  return append(std::as_bytes(values));
}

/// All placed symbols by offset, checked not to overlap.
Expected<std::vector<Placement>> placements(ModuleOp module,
                                            uint64_t sectionBytes) {
  std::vector<Placement> placed;
  for (Operation &op : *module.getBody()) {
    auto offset = op.getAttrOfType<IntegerAttr>(CvtDialect::kSectionOffsetAttr);
    if (!offset)
      continue;
    auto name = op.getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName());
    if (!isa<WeightOp, PrepareOp>(op))
      return createStringError("'" + op.getName().getStringRef() +
                               "' has a place in the weights section but is "
                               "not a weight");
    auto elements = countElements(typeOf(&op));
    if (!elements)
      return sizeError(name.getValue());
    Type element = typeOf(&op).getElementType();
    placed.push_back({static_cast<uint64_t>(offset.getInt()),
                      *elements * element.getIntOrFloatBitWidth() / 8,
                      name.getValue(), element});
  }
  llvm::sort(placed, [](const Placement &a, const Placement &b) {
    return a.offset < b.offset;
  });
  uint64_t end = 0;
  for (const Placement &place : placed) {
    if (place.offset < end || place.end() > sectionBytes)
      return symbolError(place.symbol,
                         "bytes " + Twine(place.offset) + " to " +
                             Twine(place.end()) +
                             " of the weights section are another weight's or "
                             "behind its " +
                             Twine(sectionBytes) + " bytes");
    end = place.end();
  }
  return placed;
}

} // namespace

Error WeightValues::writeSection(Append append) {
  auto bytes =
      module->getAttrOfType<IntegerAttr>(CvtDialect::kSectionBytesAttr);
  if (!bytes)
    return createStringError("the module has no " +
                             CvtDialect::kSectionBytesAttr +
                             ": its memory is not planned yet");
  uint64_t sectionBytes = static_cast<uint64_t>(bytes.getInt());
  auto placed = placements(module, sectionBytes);
  if (!placed)
    return placed.takeError();
  uint64_t position = 0;
  for (const Placement &place : *placed) {
    if (Error error = appendZeros(place.offset - position, append))
      return error;
    auto appendElements = [&](std::span<const float> values) {
      return appendAs(place.element, values, append);
    };
    if (Error error = stream(place.symbol, 0, appendElements))
      return error;
    position = place.end();
  }
  return appendZeros(sectionBytes - position, append);
}

} // namespace cvt
