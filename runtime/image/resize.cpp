//===- resize.cpp - Pillow's resize, to the bit ---------------------------===//
//
// Two one-dimensional passes with an 8-bit picture between them.  Which pass
// is first, what is computed in which precision and where it is rounded all
// decide bits of the result, so they are Pillow's.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/resize.h"
#include "runtime/image/convolve.h"

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace cvt::image;

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

namespace {

struct Kernel {
  double (*function)(double);
  /// Beyond this distance the function is zero.
  double support;
};

} // namespace

static double boxFilter(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinearFilter(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static double hammingFilter(double x) {
  x = std::fabs(x);
  if (x == 0.0)
    return 1.0;
  if (x >= 1.0)
    return 0.0;
  x *= std::numbers::pi;
  // Pillow writes these two numbers as floats.
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));
}

static double bicubicFilter(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0)
    return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

static double lanczosFilter(double x) {
  return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

/// Any filter but `nearest`, which is no convolution.
static Kernel kernelOf(Filter filter) {
  switch (filter) {
  case Filter::lanczos:
    return {lanczosFilter, 3.0};
  case Filter::bilinear:
    return {bilinearFilter, 1.0};
  case Filter::bicubic:
    return {bicubicFilter, 2.0};
  case Filter::hamming:
    return {hammingFilter, 1.0};
  case Filter::box:
  case Filter::nearest:
    break;
  }
  return {boxFilter, 0.5};
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {

/// Neighbouring input coordinates.
struct Range {
  int64_t first;
  int64_t count;
};

/// How coordinates of the result are made of input coordinates on one axis.
class Axis {
public:
  Axis(int64_t in, int64_t out, Kernel kernel)
      : in(in), kernel(kernel), scale(double(float(in)) / double(out)),
        support(kernel.support * std::max(scale, 1.0)),
        inverseScale(1.0 / std::max(scale, 1.0)) {}

  /// The inputs of output `i`; at least one.
  Range inputs(int64_t i) const {
    double centre = centreOf(i);
    int64_t first = std::max(int64_t(0), int64_t(centre - support + 0.5));
    int64_t end = std::min(in, int64_t(centre + support + 0.5));
    return {first, end - first};
  }

  /// The inputs of outputs first .. first + count - 1.
  Range inputs(int64_t first, int64_t count) const {
    Range low = inputs(first), high = inputs(first + count - 1);
    return {low.first, high.first + high.count - low.first};
  }

  /// The weights of inputs(i), as integers.
  void weights(int64_t i, std::vector<int32_t> &out);

  /// No output has more inputs.
  int64_t maxInputs() const { return 2 * int64_t(std::ceil(support)) + 1; }

private:
  double centreOf(int64_t i) const { return (double(i) + 0.5) * scale; }

  int64_t in;
  Kernel kernel;
  double scale;
  double support;
  double inverseScale;
  std::vector<double> exact; // scratch
};

/// The weights of some neighbouring outputs.
struct WeightTable {
  std::vector<Range> inputs;
  std::vector<size_t> offsets; ///< into pairs
  std::vector<WeightPair> pairs;
};

} // namespace

void Axis::weights(int64_t i, std::vector<int32_t> &out) {
  Range range = inputs(i);
  double centre = centreOf(i);
  double sum = 0.0;
  exact.resize(size_t(range.count));
  for (int64_t j = 0; j < range.count; ++j) {
    double distance = double(j + range.first) - centre + 0.5;
    exact[j] = kernel.function(distance * inverseScale);
    sum += exact[j];
  }
  out.resize(exact.size());
  for (size_t j = 0; j < exact.size(); ++j) {
    double weight = sum != 0.0 ? exact[j] / sum : exact[j];
    double scaled = weight * (1 << weightBits);
    out[j] = int32_t(weight < 0 ? -0.5 + scaled : 0.5 + scaled);
  }
}

/// Tables of more outputs than this many weights allow are not made at once,
/// which bounds memory where a picture is extremely long.
static constexpr int64_t maxTableWeights = 1 << 18;

/// Calls `use(table, begin)` with tables for outputs first .. first + count-1
/// of `axis`; `begin` is the table's first output, counted from `first`.
template <typename Use>
static void forEachTable(Axis &axis, int64_t first, int count, Use use) {
  int atOnce = int(std::clamp(maxTableWeights / axis.maxInputs(), int64_t(1),
                              int64_t(count)));
  std::vector<int32_t> weights;
  WeightTable table;
  for (int begin = 0; begin < count; begin += atOnce) {
    table = {};
    for (int i = begin; i < std::min(begin + atOnce, count); ++i) {
      axis.weights(first + i, weights);
      table.inputs.push_back(axis.inputs(first + i));
      table.offsets.push_back(table.pairs.size());
      appendPairs(weights, table.pairs);
    }
    use(std::as_const(table), begin);
  }
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

static Image emptyImage(int width, int height) {
  Image image{width, height, {}};
  image.pixels.resize(size_t(height) * image.rowBytes());
  return image;
}

/// Columns `left` .. of the result, `width` of them, in rows `top` .. of `in`,
/// `height` of them.  `in` starts at the axis's coordinate `origin`.
static Image horizontalPass(ImageView in, int64_t origin, int64_t top,
                            int height, Axis &axis, int64_t left, int width) {
  Image out = emptyImage(width, height);
  forEachTable(axis, left, width, [&](const WeightTable &table, int begin) {
    for (int y = 0; y < height; ++y) {
      const uint8_t *from = in.row(int(top) + y);
      uint8_t *to = out.row(y) + size_t(begin) * 3;
      for (size_t i = 0; i < table.inputs.size(); ++i)
        convolvePixel(from + (table.inputs[i].first - origin) * 3,
                      size_t(table.inputs[i].count),
                      table.pairs.data() + table.offsets[i], to + i * 3);
    }
  });
  return out;
}

/// Rows `top` .. of the result, `height` of them, in columns `left` .. of `in`,
/// `width` of them.  `in` starts at the axis's coordinate `origin`.
static Image verticalPass(ImageView in, int64_t origin, int64_t left, int width,
                          Axis &axis, int64_t top, int height) {
  Image out = emptyImage(width, height);
  forEachTable(axis, top, height, [&](const WeightTable &table, int begin) {
    for (size_t i = 0; i < table.inputs.size(); ++i)
      convolveRows(in.row(int(table.inputs[i].first - origin)) + left * 3,
                   in.rowBytes(), size_t(table.inputs[i].count),
                   table.pairs.data() + table.offsets[i], out.rowBytes(),
                   out.row(begin + int(i)));
  });
  return out;
}

static Image convolved(ImageView image, Size size, Filter filter,
                       const Window &w) {
  Axis columns(image.width, size.width, kernelOf(filter));
  Axis rows(image.height, size.height, kernelOf(filter));
  if (size.width == image.width)
    return verticalPass(image, 0, w.left, w.width, rows, w.top, w.height);
  if (size.height == image.height)
    return horizontalPass(image, 0, w.top, w.height, columns, w.left, w.width);

  bool verticalFirst =
      size.height < image.height &&
      image.height - size.height > 2 * (image.width - size.width);
  if (verticalFirst) {
    Range used = columns.inputs(w.left, w.width);
    Image between = verticalPass(image, 0, used.first, int(used.count), rows,
                                 w.top, w.height);
    return horizontalPass(between, used.first, 0, w.height, columns, w.left,
                          w.width);
  }
  Range used = rows.inputs(w.top, w.height);
  Image between = horizontalPass(image, 0, used.first, int(used.count), columns,
                                 w.left, w.width);
  return verticalPass(between, used.first, 0, w.width, rows, w.top, w.height);
}

//===----------------------------------------------------------------------===//
// Nearest
//===----------------------------------------------------------------------===//

/// The input coordinates of outputs first .. first + count - 1.  Pillow steps
/// along the axis, so rounding errors add up; they may even step off its end.
static std::vector<int64_t> nearestInputs(int64_t in, int64_t out,
                                          int64_t first, int count) {
  double scale = double(float(in)) / double(out);
  // Pillow's results end far below this many steps, for lack of memory.
  constexpr int64_t maxSteps = int64_t(1) << 27;
  int64_t start = first <= maxSteps ? 0 : first;
  double position = scale * 0.5 + double(start) * scale;
  std::vector<int64_t> inputs;
  for (int64_t i = start; i < first + count; ++i, position += scale)
    if (i >= first)
      inputs.push_back(int64_t(position));
  return inputs;
}

static Image nearest(ImageView image, Size size, const Window &w) {
  std::vector<int64_t> columns =
      nearestInputs(image.width, size.width, w.left, w.width);
  std::vector<int64_t> rows =
      nearestInputs(image.height, size.height, w.top, w.height);
  Image out = emptyImage(w.width, w.height); // black beyond the end
  for (int y = 0; y < w.height; ++y)
    for (int x = 0; x < w.width; ++x)
      if (rows[y] < image.height && columns[x] < image.width)
        std::copy_n(image.row(int(rows[y])) + columns[x] * 3, 3,
                    out.row(y) + size_t(x) * 3);
  return out;
}

static Image cropped(ImageView image, const Window &w) {
  Image out = emptyImage(w.width, w.height);
  for (int y = 0; y < w.height; ++y)
    std::copy_n(image.row(int(w.top) + y) + w.left * 3, out.rowBytes(),
                out.row(y));
  return out;
}

Image cvt::image::resize(ImageView image, Size size, Filter filter,
                         const Window &window) {
  if (size == Size{image.width, image.height})
    return cropped(image, window);
  if (filter == Filter::nearest)
    return nearest(image, size, window);
  return convolved(image, size, filter, window);
}
