//===- CvtOps.cpp - Generated op definitions and shared syntax ------------===//

#include "dialect/CvtDialect.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

#include <array>
#include <charconv>
#include <cmath>

using namespace mlir;
using namespace cvt;

// Custom directives.  Enums print bare (`layout nchw`), floats in the shortest
// form that reads back as the same f32.

template <typename EnumT>
static ParseResult parseBareEnum(OpAsmParser &parser, EnumT &value,
                                 std::optional<EnumT> (*symbolize)(StringRef)) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<EnumT> known = symbolize(keyword);
  if (!known)
    return parser.emitError(loc) << "unknown keyword '" << keyword << "'";
  value = *known;
  return success();
}

static ParseResult parseLayout(OpAsmParser &parser, LayoutAttr &attr) {
  Layout value = Layout::Nchw;
  if (parseBareEnum(parser, value, &symbolizeLayout))
    return failure();
  attr = LayoutAttr::get(parser.getContext(), value);
  return success();
}
static void printLayout(OpAsmPrinter &printer, Operation *, LayoutAttr attr) {
  printer << stringifyLayout(attr.getValue());
}

static ParseResult parseActivation(OpAsmParser &parser, ActivationAttr &attr) {
  Activation value = Activation::None;
  if (parseBareEnum(parser, value, &symbolizeActivation))
    return failure();
  attr = ActivationAttr::get(parser.getContext(), value);
  return success();
}
static void printActivation(OpAsmPrinter &printer, Operation *,
                            ActivationAttr attr) {
  printer << stringifyActivation(attr.getValue());
}

static ParseResult parsePrepareStep(OpAsmParser &parser,
                                    PrepareStepAttr &attr) {
  PrepareStep value = PrepareStep::Pad;
  if (parseBareEnum(parser, value, &symbolizePrepareStep))
    return failure();
  attr = PrepareStepAttr::get(parser.getContext(), value);
  return success();
}
static void printPrepareStep(OpAsmPrinter &printer, Operation *,
                             PrepareStepAttr attr) {
  printer << stringifyPrepareStep(attr.getValue());
}

static ParseResult parseF32(OpAsmParser &parser, FloatAttr &attr) {
  return parser.parseAttribute(attr, parser.getBuilder().getF32Type());
}
static void printF32(OpAsmPrinter &printer, Operation *, FloatAttr attr) {
  float value = attr.getValue().convertToFloat();
  if (!std::isfinite(value))
    return printer.printAttributeWithoutType(attr);
  std::array<char, 32> buffer;
  auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  StringRef text(buffer.data(), end - buffer.data());
  // The parser takes a number without a point for an integer.
  auto [mantissa, exponent] = text.split('e');
  printer << mantissa << (mantissa.contains('.') ? "" : ".0");
  if (!exponent.empty())
    printer << "e" << exponent;
}

/// `T`, or `T -> U` where the result is rounded to other elements.
static ParseResult parseRounding(OpAsmParser &parser, Type &from, Type &to) {
  if (parser.parseType(from))
    return failure();
  to = from;
  return succeeded(parser.parseOptionalArrow()) ? parser.parseType(to)
                                                : ParseResult(success());
}
static void printRounding(OpAsmPrinter &printer, Operation *, Type from,
                          Type to) {
  printer << from;
  if (to != from)
    printer << " -> " << to;
}

static ParseResult parseSymbolList(OpAsmParser &parser, ArrayAttr &attr) {
  SmallVector<Attribute> symbols;
  auto parseOne = [&]() -> ParseResult {
    FlatSymbolRefAttr symbol;
    if (parser.parseAttribute(symbol))
      return failure();
    symbols.push_back(symbol);
    return success();
  };
  if (parser.parseCommaSeparatedList(parseOne))
    return failure();
  attr = parser.getBuilder().getArrayAttr(symbols);
  return success();
}
static void printSymbolList(OpAsmPrinter &printer, Operation *,
                            ArrayAttr attr) {
  llvm::interleaveComma(
      attr, printer, [&](Attribute symbol) { printer.printAttribute(symbol); });
}

#define GET_OP_CLASSES
#include "dialect/CvtOps.cpp.inc"
