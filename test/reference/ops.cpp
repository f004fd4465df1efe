//===- ops.cpp - What each op of the cvt dialect computes -----------------===//

#include "test/reference/ops.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cvt::reference {

//===----------------------------------------------------------------------===//
// Convolution and pooling
//===----------------------------------------------------------------------===//

/// A map of the size that `window` makes of `map`'s.
static Array convolvedMap(const Array &map, Window window, int64_t channels) {
  auto extent = [&](size_t axis) {
    return (map.extent(axis) + 2 * window.padding - window.kernel) /
               window.stride +
           1;
  };
  return Array({map.extent(0), extent(1), extent(2), channels});
}

/// The map's element, or the zero around it.
static double padded(const Array &map, int64_t b, int64_t y, int64_t x,
                     int64_t c) {
  bool isInside = y >= 0 && y < map.extent(1) && x >= 0 && x < map.extent(2);
  return isInside ? map(b, y, x, c) : 0.0;
}

Array convEmbed(const Array &map, const Array &weight, const Array *bias,
                Window window) {
  Array out = convolvedMap(map, window, weight.extent(0));
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t y = 0; y < out.extent(1); ++y)
      for (int64_t x = 0; x < out.extent(2); ++x)
        for (int64_t n = 0; n < out.extent(3); ++n) {
          double sum = bias ? (*bias)(n) : 0.0;
          for (int64_t c = 0; c < map.channels(); ++c)
            for (int64_t i = 0; i < window.kernel; ++i)
              for (int64_t j = 0; j < window.kernel; ++j)
                sum += weight(n, c, i, j) *
                       padded(map, b, y * window.stride - window.padding + i,
                              x * window.stride - window.padding + j, c);
          out(b, y, x, n) = sum;
        }
  return out;
}

Array depthwiseConv(const Array &map, const Array &weight, const Array *bias,
                    Window window) {
  Array out = convolvedMap(map, window, map.channels());
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t y = 0; y < out.extent(1); ++y)
      for (int64_t x = 0; x < out.extent(2); ++x)
        for (int64_t c = 0; c < out.extent(3); ++c) {
          double sum = bias ? (*bias)(c) : 0.0;
          for (int64_t i = 0; i < window.kernel; ++i)
            for (int64_t j = 0; j < window.kernel; ++j)
              sum += weight(c, 0, i, j) *
                     padded(map, b, y * window.stride - window.padding + i,
                            x * window.stride - window.padding + j, c);
          out(b, y, x, c) = sum;
        }
  return out;
}

/// Where pooling windows lie along one axis of `extent` elements.
static int64_t pooledExtent(int64_t extent, Window window) {
  double steps =
      static_cast<double>(extent + 2 * window.padding - window.kernel) /
      static_cast<double>(window.stride);
  int64_t count = static_cast<int64_t>(std::ceil(steps)) + 1;
  // The last window must start inside the input or its left padding.
  bool lastIsOutside = (count - 1) * window.stride >= extent + window.padding;
  return lastIsOutside ? count - 1 : count;
}

Array avgPool(const Array &map, Window window) {
  int64_t height = map.extent(1), width = map.extent(2);
  Array out({map.extent(0), pooledExtent(height, window),
             pooledExtent(width, window), map.channels()});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t y = 0; y < out.extent(1); ++y)
      for (int64_t x = 0; x < out.extent(2); ++x) {
        int64_t top = y * window.stride - window.padding;
        int64_t left = x * window.stride - window.padding;
        // Padding counts as elements, what is beyond it does not.
        int64_t bottom = std::min(top + window.kernel, height + window.padding);
        int64_t right = std::min(left + window.kernel, width + window.padding);
        double divisor = static_cast<double>((bottom - top) * (right - left));
        for (int64_t c = 0; c < out.extent(3); ++c) {
          double sum = 0;
          for (int64_t i = top; i < bottom; ++i)
            for (int64_t j = left; j < right; ++j)
              sum += padded(map, b, i, j, c);
          out(b, y, x, c) = sum / divisor;
        }
      }
  return out;
}

//===----------------------------------------------------------------------===//
// Norms and linear layers
//===----------------------------------------------------------------------===//

Array batchNorm(const Array &input, const Array &gamma, const Array &beta,
                const Array &mean, const Array &variance, double epsilon) {
  Array out = input;
  for (size_t r = 0; r < out.rows(); ++r)
    for (int64_t c = 0; c < out.channels(); ++c) {
      double &x = out.row(r)[static_cast<size_t>(c)];
      x = (x - mean(c)) / std::sqrt(variance(c) + epsilon) * gamma(c) + beta(c);
    }
  return out;
}

Array layerNorm(const Array &input, const Array &gamma, const Array &beta,
                double epsilon) {
  Array out = input;
  double channels = static_cast<double>(input.channels());
  for (size_t r = 0; r < out.rows(); ++r) {
    double mean = 0, variance = 0;
    for (double x : input.row(r))
      mean += x / channels;
    for (double x : input.row(r))
      variance += (x - mean) * (x - mean) / channels;
    for (int64_t c = 0; c < out.channels(); ++c) {
      double &x = out.row(r)[static_cast<size_t>(c)];
      x = (x - mean) / std::sqrt(variance + epsilon) * gamma(c) + beta(c);
    }
  }
  return out;
}

Array linear(const Array &input, const Array &weight, const Array *bias) {
  std::vector<int64_t> shape = input.shape;
  shape.back() = weight.extent(0);
  Array out(shape);
  for (size_t r = 0; r < out.rows(); ++r)
    for (size_t n = 0; n < weight.rows(); ++n) {
      double sum = bias ? (*bias)(n) : 0.0;
      for (size_t c = 0; c < weight.row(n).size(); ++c)
        sum += input.row(r)[c] * weight.row(n)[c];
      out.row(r)[n] = sum;
    }
  return out;
}

Array quantize(const Array &input, int64_t tail) {
  std::vector<int64_t> shape = input.shape;
  shape.back() += tail;
  Array out(shape);
  for (size_t r = 0; r < out.rows(); ++r)
    for (size_t c = 0; c < input.row(r).size(); ++c)
      out.row(r)[c] = input.row(r)[c];
  return out;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Turns scores into weights that add up to 1.
static void softmax(std::vector<double> &scores) {
  double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double &score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  for (double &score : scores)
    score /= sum;
}

Array attention(const Array &query, const Array &key, const Array &value,
                int64_t heads, double scale) {
  Array out(query.shape);
  int64_t headChannels = query.channels() / heads, keys = key.extent(1);
  std::vector<double> weights(static_cast<size_t>(keys));
  for (int64_t b = 0; b < query.extent(0); ++b)
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t t = 0; t < query.extent(1); ++t) {
        int64_t first = head * headChannels, last = first + headChannels;
        for (int64_t k = 0; k < keys; ++k) {
          double product = 0;
          for (int64_t c = first; c < last; ++c)
            product += query(b, t, c) * key(b, k, c);
          weights[static_cast<size_t>(k)] = product * scale;
        }
        softmax(weights);
        for (int64_t k = 0; k < keys; ++k)
          for (int64_t c = first; c < last; ++c)
            out(b, t, c) += weights[static_cast<size_t>(k)] * value(b, k, c);
      }
  return out;
}

//===----------------------------------------------------------------------===//
// Elementwise, mean, layout
//===----------------------------------------------------------------------===//

Array gelu(Array input) {
  for (double &x : input.values)
    x = x * (1 + std::erf(x / std::numbers::sqrt2)) / 2;
  return input;
}

Array quickGelu(Array input) {
  for (double &x : input.values)
    x = x / (1 + std::exp(-1.702 * x));
  return input;
}

Array add(Array lhs, const Array &rhs) {
  for (size_t i = 0; i < lhs.values.size(); ++i)
    lhs.values[i] += rhs.values[i];
  return lhs;
}

Array tokenMean(const Array &tokens) {
  Array out({tokens.extent(0), tokens.extent(2)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t c = 0; c < out.extent(1); ++c) {
      double sum = 0;
      for (int64_t t = 0; t < tokens.extent(1); ++t)
        sum += tokens(b, t, c);
      out(b, c) = sum / static_cast<double>(tokens.extent(1));
    }
  return out;
}

Array toNchw(const Array &map) {
  Array out({map.extent(0), map.extent(3), map.extent(1), map.extent(2)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t c = 0; c < out.extent(1); ++c)
      for (int64_t y = 0; y < out.extent(2); ++y)
        for (int64_t x = 0; x < out.extent(3); ++x)
          out(b, c, y, x) = map(b, y, x, c);
  return out;
}

Array toNhwc(const Array &map) {
  Array out({map.extent(0), map.extent(2), map.extent(3), map.extent(1)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t y = 0; y < out.extent(1); ++y)
      for (int64_t x = 0; x < out.extent(2); ++x)
        for (int64_t c = 0; c < out.extent(3); ++c)
          out(b, y, x, c) = map(b, c, y, x);
  return out;
}

//===----------------------------------------------------------------------===//
// Class tokens
//===----------------------------------------------------------------------===//

Array prependClassToken(const Array &classToken, const Array &tokens) {
  Array out({tokens.extent(0), tokens.extent(1) + 1, tokens.extent(2)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t t = 0; t < out.extent(1); ++t)
      for (int64_t c = 0; c < out.extent(2); ++c)
        out(b, t, c) = t == 0
                           ? classToken(classToken.extent(0) == 1 ? 0 : b, 0, c)
                           : tokens(b, t - 1, c);
  return out;
}

Array takeClassToken(const Array &tokens) {
  Array out({tokens.extent(0), 1, tokens.extent(2)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t c = 0; c < out.extent(2); ++c)
      out(b, 0, c) = tokens(b, 0, c);
  return out;
}

Array dropClassToken(const Array &tokens) {
  Array out({tokens.extent(0), tokens.extent(1) - 1, tokens.extent(2)});
  for (int64_t b = 0; b < out.extent(0); ++b)
    for (int64_t t = 0; t < out.extent(1); ++t)
      for (int64_t c = 0; c < out.extent(2); ++c)
        out(b, t, c) = tokens(b, t + 1, c);
  return out;
}

//===----------------------------------------------------------------------===//
// Prepare steps
//===----------------------------------------------------------------------===//

Array foldBnWeight(const Array &weight, const Array &gamma,
                   const Array &variance, double epsilon) {
  Array out = weight;
  for (int64_t c = 0; c < out.extent(0); ++c)
    for (int64_t i = 0; i < out.extent(2); ++i)
      for (int64_t j = 0; j < out.extent(3); ++j)
        out(c, 0, i, j) *= gamma(c) / std::sqrt(variance(c) + epsilon);
  return out;
}

Array foldBnBias(const Array &gamma, const Array &beta, const Array &mean,
                 const Array &variance, double epsilon) {
  Array out = beta;
  for (int64_t c = 0; c < out.extent(0); ++c)
    out(c) -= mean(c) * gamma(c) / std::sqrt(variance(c) + epsilon);
  return out;
}

} // namespace cvt::reference
