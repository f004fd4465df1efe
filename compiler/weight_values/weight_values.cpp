//===- weight_values.cpp - Values of a module's weight symbols ------------===//
//
// Every symbol becomes a TensorSource: a weight's reads its file, a prepare
// step's holds what the step made of its own sources.
//
//===----------------------------------------------------------------------===//

#include "compiler/weight_values/weight_values.h"

#include "compiler/weight_values/weight_symbols.h"
#include "compiler/weights/prepare_ops.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

using namespace llvm;
using namespace mlir;

namespace cvt {

using weights::DType;
using weights::MappedFile;
using weights::PanelLayout;
using weights::TensorSource;

namespace {

/// A step of a step of ... a weight.  The compiler needs two.
constexpr unsigned kMaxSteps = 8;

/// Added to 8-bit numbers that are stored without sign.
constexpr float kUnsignedZero = 128;

/// Floats handed over at once where nothing else decides.
constexpr size_t kPieceElements = 1 << 16;

DType dtypeOf(StoredDType stored) {
  switch (stored) {
  case StoredDType::F32:
    return DType::F32;
  case StoredDType::F16:
    return DType::F16;
  case StoredDType::BF16:
    return DType::BF16;
  case StoredDType::F64:
    return DType::F64;
  }
  llvm_unreachable("unknown stored dtype");
}

bool isPlainFileName(StringRef name) {
  return !name.empty() && name != "." && name != ".." && !name.contains('/') &&
         !name.contains('\0');
}

bool isPack(PrepareStep step) {
  return step == PrepareStep::PackPanels || step == PrepareStep::PackPanelsNhwc;
}

bool isRowStep(PrepareStep step) {
  return step == PrepareStep::RowScales || step == PrepareStep::RowSums;
}

/// How many inputs panels of this type have side by side.
int64_t sideBySide(RankedTensorType packed) {
  return packed.getRank() == 4 ? packed.getDimSize(3) : 1;
}

PanelLayout panelLayout(PrepareOp prepare, RankedTensorType source) {
  RankedTensorType packed = typeOf(prepare);
  int64_t rowElements = packed.getDimSize(1) * sideBySide(packed);
  int64_t channels = prepare.getStep() == PrepareStep::PackPanelsNhwc
                         ? source.getDimSize(1)
                         : rowElements;
  return {source.getDimSize(0), channels, rowElements / channels,
          packed.getDimSize(2)};
}

class PreparedSource final : public TensorSource {
public:
  explicit PreparedSource(std::vector<float> values)
      : TensorSource(values.size()), values(std::move(values)) {}

  void read(uint64_t first, std::span<float> out) const override {
    std::copy_n(values.begin() + static_cast<ptrdiff_t>(first), out.size(),
                out.begin());
  }

private:
  std::vector<float> values;
};

std::vector<float> readWhole(const TensorSource &source) {
  std::vector<float> values(source.elements());
  source.read(0, values);
  source.release(0, source.elements());
  return values;
}

Error streamPieces(const TensorSource &source,
                   llvm::function_ref<Error(std::span<const float>)> take) {
  std::vector<float> buffer(
      std::min<uint64_t>(kPieceElements, source.elements()));
  for (uint64_t first = 0; first != source.elements();) {
    auto piece = std::span(buffer).first(
        std::min<uint64_t>(buffer.size(), source.elements() - first));
    source.read(first, piece);
    if (Error error = take(piece))
      return error;
    first += piece.size();
  }
  source.release(0, source.elements());
  return Error::success();
}

/// Rounds `rows`, of `rowElements` floats each, to what elements of `type`
/// hold.
void roundRows(std::span<float> rows, int64_t rowElements, Type type) {
  if (type.isBF16())
    weights::roundToBf16(rows);
  if (!type.isInteger())
    return;
  for (; !rows.empty(); rows = rows.subspan(rowElements)) {
    std::span<float> row = rows.first(rowElements);
    weights::quantizeRow(row);
    if (type.isUnsignedInteger())
      for (float &value : row)
        value += kUnsignedZero;
  }
}

/// Panel after panel of `packed`.
Error streamPanels(const PanelLayout &layout, const TensorSource &source,
                   RankedTensorType packed,
                   llvm::function_ref<Error(std::span<const float>)> take) {
  std::vector<float> scratch(static_cast<size_t>(layout.panelElements()));
  std::vector<float> panel(scratch.size());
  for (int64_t i = 0; i != layout.panels(); ++i) {
    std::span<float> rows = readPanelRows(layout, source, i, scratch);
    roundRows(rows, layout.rowElements(), packed.getElementType());
    packPanel(layout, rows, panel);
    if (sideBySide(packed) > 1) {
      weights::interleaveRows(panel, layout.panelRows, sideBySide(packed),
                              scratch);
      std::swap(scratch, panel);
    }
    if (Error error = take(panel))
      return error;
  }
  source.release(0, source.elements());
  return Error::success();
}

/// `numberOf` each of the `rows` of `source`; it may change the row.  `out`
/// holds more zeros if it is longer.
void numberRows(const TensorSource &source, int64_t rows,
                float (*numberOf)(std::span<float>), std::span<float> out) {
  std::vector<float> row(source.elements() / static_cast<uint64_t>(rows));
  for (int64_t i = 0; i != rows; ++i) {
    source.read(static_cast<uint64_t>(i) * row.size(), row);
    out[static_cast<size_t>(i)] = numberOf(row);
  }
  source.release(0, source.elements());
}

/// The steps that make vectors of matrices.
std::vector<float> runRowStep(PrepareOp prepare, RankedTensorType sourceType,
                              const TensorSource &source) {
  std::vector<float> out(static_cast<size_t>(typeOf(prepare).getNumElements()));
  numberRows(
      source, sourceType.getDimSize(0),
      prepare.getStep() == PrepareStep::RowSums
          ? weights::quantizedSum
          : [](std::span<float> row) { return weights::rowScale(row); },
      out);
  return out;
}

/// The steps that are not done row by row.  `in`: the values of the step's
/// sources, the first of which is of `sourceType`.
std::vector<float> runStep(PrepareOp prepare, RankedTensorType sourceType,
                           ArrayRef<std::vector<float>> in) {
  RankedTensorType type = typeOf(prepare);
  std::vector<float> out(static_cast<size_t>(type.getNumElements()));
  APFloat epsilon = prepare.getEpsilon().value_or(APFloat(0.0f));
  switch (prepare.getStep()) {
  case PrepareStep::FoldBnWeight:
    weights::foldBatchNormWeight(in[0], in[1], in[2], epsilon.convertToDouble(),
                                 out);
    break;
  case PrepareStep::FoldBnBias:
    weights::foldBatchNormBias(in[0], in[1], in[2], in[3],
                               epsilon.convertToDouble(), out);
    break;
  case PrepareStep::TapsOutermost:
    weights::tapsOutermost(in[0], type.getDimSize(2),
                           type.getDimSize(0) * type.getDimSize(1), out);
    break;
  case PrepareStep::PadTaps:
    weights::padRows(in[0], sourceType.getDimSize(3), type.getDimSize(3), out);
    break;
  case PrepareStep::Pad:
    weights::padTo(in[0], out);
    break;
  case PrepareStep::PackPanels:
  case PrepareStep::PackPanelsNhwc:
  case PrepareStep::RowScales:
  case PrepareStep::RowSums:
    llvm_unreachable("done row by row");
  }
  return out;
}

} // namespace

WeightValues::WeightValues(ModuleOp module, std::string folder)
    : module(module), symbols(module), folder(std::move(folder)) {}

//===----------------------------------------------------------------------===//
// From symbols to sources
//===----------------------------------------------------------------------===//

Expected<Operation *> WeightValues::find(StringRef symbol) const {
  Operation *op = symbols.lookup(symbol);
  if (!isa_and_nonnull<WeightOp, PrepareOp>(op))
    return symbolError(symbol, "is not a weight of this module");
  if (!countElements(typeOf(op)))
    return sizeError(symbol);
  return op;
}

Expected<std::shared_ptr<const MappedFile>>
WeightValues::openFile(StringRef user, StringRef name) {
  if (!isPlainFileName(name))
    return symbolError(user, "'" + name +
                                 "' is not the plain name of a file in the "
                                 "model's folder");
  std::shared_ptr<const MappedFile> &known = files[name];
  if (known)
    return known;
  std::string message;
  auto file = MappedFile::open(
      (std::filesystem::path(folder) / name.str()).string(), message);
  if (!file)
    return symbolError(user, message);
  known = std::make_shared<const MappedFile>(std::move(*file));
  return known;
}

Expected<WeightValues::Source> WeightValues::openWeight(WeightOp weight) {
  StringRef name = weight.getSymName();
  uint64_t elements = *countElements(typeOf(weight));
  if (auto stored = dyn_cast<StoredAttr>(weight.getSource())) {
    auto file = openFile(name, stored.getFile());
    if (!file)
      return file.takeError();
    std::string message;
    std::string symbol = "@" + name.str();
    DType type = dtypeOf(stored.getDtype());
    Source source =
        stored.getAxes().empty()
            ? makeMappedSource(std::move(*file), type, stored.getOffset(),
                               elements, symbol, message)
            : makePermutedSource(std::move(*file), type, stored.getOffset(),
                                 typeOf(weight).getShape(), stored.getAxes(),
                                 symbol, message);
    if (!source)
      return createStringError(message);
    return source;
  }
  auto random = cast<RandomAttr>(weight.getSource());
  if (random.getInit() != Init::TruncatedNormal)
    return weights::makeConstantSource(
        random.getInit() == Init::Ones ? 1.0f : 0.0f, elements);
  double deviation = random.getStd().getValueAsDouble();
  if (!std::isfinite(deviation) || deviation < 0)
    return symbolError(name, "std must be a finite number, not below 0");
  return weights::makeRandomSource(random.getSeed(), random.getTensor(),
                                   deviation, elements);
}

Expected<WeightValues::Source> WeightValues::open(StringRef symbol,
                                                  unsigned steps) {
  auto op = find(symbol);
  if (!op)
    return op.takeError();
  if (auto weight = dyn_cast<WeightOp>(*op))
    return openWeight(weight);
  std::vector<float> values;
  auto append = [&](std::span<const float> piece) {
    values.insert(values.end(), piece.begin(), piece.end());
    return Error::success();
  };
  values.reserve(*countElements(typeOf(*op)));
  if (Error error = stream(symbol, steps, append))
    return error;
  return std::make_unique<PreparedSource>(std::move(values));
}

Error WeightValues::stream(StringRef symbol, unsigned steps, Take take) {
  auto op = find(symbol);
  if (!op)
    return op.takeError();
  if (auto weight = dyn_cast<WeightOp>(*op)) {
    auto source = openWeight(weight);
    return source ? streamPieces(**source, take) : source.takeError();
  }
  if (steps == kMaxSteps)
    return symbolError(symbol,
                       "is made in more than " + Twine(kMaxSteps) + " steps");
  auto prepare = cast<PrepareOp>(*op);
  SmallVector<Source, 4> sources;
  for (auto name : prepare.getSources().getAsRange<FlatSymbolRefAttr>()) {
    auto source = open(name.getValue(), steps + 1);
    if (!source)
      return source.takeError();
    sources.push_back(std::move(*source));
  }
  auto first = cast<FlatSymbolRefAttr>(prepare.getSources()[0]);
  RankedTensorType firstType = typeOf(symbols.lookup(first.getValue()));
  if (isPack(prepare.getStep())) {
    return streamPanels(panelLayout(prepare, firstType), *sources[0],
                        typeOf(prepare), take);
  }
  if (isRowStep(prepare.getStep()))
    return take(runRowStep(prepare, firstType, *sources[0]));
  SmallVector<std::vector<float>, 4> in;
  for (const Source &source : sources)
    in.push_back(readWhole(*source));
  return take(runStep(prepare, firstType, in));
}

Expected<std::vector<float>> WeightValues::evaluate(StringRef symbol) {
  auto source = open(symbol, 0);
  if (!source)
    return source.takeError();
  return readWhole(**source);
}

Error WeightValues::evaluate(StringRef symbol, std::span<float> out) {
  auto source = open(symbol, 0);
  if (!source)
    return source.takeError();
  if ((*source)->elements() != out.size())
    return symbolError(symbol, "has " + Twine((*source)->elements()) +
                                   " elements, not " + Twine(out.size()));
  (*source)->read(0, out);
  (*source)->release(0, out.size());
  return Error::success();
}

} // namespace cvt
