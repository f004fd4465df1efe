//===- guarded_buffer.cpp - Buffers that notice stray accesses ------------===//

#include "test/unit/kernels/guarded_buffer.h"

#include "test/unit/kernels/kernel_host.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace cvt::kernels {

/// A NaN that no arithmetic produces: of f32, and of bf16 in its two halves.
static constexpr uint32_t kGapBits = 0x7fad7fab;

static halide_type_t halideType(Element element) {
  switch (element) {
  case Element::F32:
    return halide_type_t(halide_type_float, 32);
  case Element::Bf16:
    return halide_type_t(halide_type_bfloat, 16);
  case Element::U8:
    return halide_type_t(halide_type_uint, 8);
  case Element::I8:
    return halide_type_t(halide_type_int, 8);
  }
  throw std::invalid_argument("unknown element");
}

/// `value` to the nearest of `element`, stored at `at`.
static void store(Element element, float value, char *at) {
  auto bits = std::bit_cast<uint32_t>(value);
  if (element == Element::Bf16) {
    if (!std::isnan(value))
      bits += 0x7fff + (bits >> 16 & 1);
    bits >>= 16;
  } else if (element != Element::F32) {
    bits = static_cast<uint32_t>(std::isnan(value) ? 0 : std::lround(value));
  }
  std::memcpy(at, &bits, elementBytes(element));
}

static float load(Element element, const char *at) {
  uint32_t bits = 0;
  std::memcpy(&bits, at, elementBytes(element));
  switch (element) {
  case Element::F32:
    return std::bit_cast<float>(bits);
  case Element::Bf16:
    return std::bit_cast<float>(bits << 16);
  case Element::U8:
    return static_cast<float>(bits);
  case Element::I8:
    return static_cast<float>(static_cast<int8_t>(bits));
  }
  throw std::invalid_argument("unknown element");
}

GuardedBuffer::GuardedBuffer(Element element, std::vector<int> extents,
                             std::vector<int> strides, Guard guard)
    : buffer(std::make_unique<halide_buffer_t>()), format(element) {
  count = 1;
  for (size_t d = 0; d < extents.size(); d++) {
    dims.emplace_back(0, extents[d], strides[d]);
    count += size_t(extents[d] - 1) * strides[d];
  }
  const size_t page = sysconf(_SC_PAGESIZE);
  const size_t bytes = count * elementBytes(format);
  const size_t used = (bytes + page - 1) / page * page;
  mappingBytes = used + 2 * page;
  void *memory = mmap(nullptr, mappingBytes, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  mapping = static_cast<char *>(memory);
  if (mprotect(mapping + page, used, PROT_READ | PROT_WRITE) != 0)
    throw std::bad_alloc();
  first = mapping + page + (guard == Guard::Behind ? used - bytes : 0);
  for (size_t i = 0; i < count; i++)
    std::memcpy(first + i * elementBytes(format), &kGapBits,
                elementBytes(format));
  values.assign(count, NAN);

  buffer->host = reinterpret_cast<uint8_t *>(first);
  buffer->type = halideType(format);
  buffer->dimensions = static_cast<int>(dims.size());
  buffer->dim = dims.data();
}

GuardedBuffer::~GuardedBuffer() { munmap(mapping, mappingBytes); }

float &GuardedBuffer::operator()(int i0, int i1, int i2, int i3) const {
  size_t offset = 0;
  const Index index = {i0, i1, i2, i3};
  for (size_t d = 0; d < dims.size(); d++)
    offset += size_t(index[d]) * dims[d].stride;
  return values[offset];
}

void GuardedBuffer::encode() const {
  forEach([&](const Index &, float &value) {
    store(format, value,
          first + (&value - values.data()) * elementBytes(format));
  });
}

void GuardedBuffer::decode() const {
  forEach([&](const Index &, float &value) {
    value =
        load(format, first + (&value - values.data()) * elementBytes(format));
  });
}

void GuardedBuffer::forEach(
    const std::function<void(const Index &, float &)> &visit) const {
  Index end = {1, 1, 1, 1}, i;
  for (size_t d = 0; d < dims.size(); d++)
    end[d] = dims[d].extent;
  for (i[3] = 0; i[3] < end[3]; i[3]++)
    for (i[2] = 0; i[2] < end[2]; i[2]++)
      for (i[1] = 0; i[1] < end[1]; i[1]++)
        for (i[0] = 0; i[0] < end[0]; i[0]++)
          visit(i, (*this)(i[0], i[1], i[2], i[3]));
}

bool GuardedBuffer::gapsUntouched() const {
  std::vector<bool> element(count);
  forEach([&](const Index &, float &value) {
    element[&value - values.data()] = true;
  });
  const size_t bytes = elementBytes(format);
  for (size_t i = 0; i < count; i++)
    if (!element[i] && std::memcmp(first + i * bytes, &kGapBits, bytes) != 0)
      return false;
  return true;
}

KernelCall::KernelCall(const KernelSpec &spec, int batch, int gap,
                       GuardedBuffer::Guard guard)
    : spec(spec), signature(kernelArguments(spec)), guard(guard) {
  for (const KernelArgument &argument : signature) {
    std::vector<int> extents, strides;
    int stride = 1;
    for (size_t d = 0; d < argument.extents.size(); d++) {
      if (static_cast<int64_t>(d) >= argument.denseDims)
        stride += gap;
      strides.push_back(stride);
      int64_t extent = argument.extents[d];
      extents.push_back(extent == kRuntimeExtent ? batch : extent);
      stride *= extents.back();
    }
    buffers.push_back(std::make_shared<GuardedBuffer>(argument.element, extents,
                                                      strides, guard));
    if (argument.role == ArgumentRole::Input)
      fill(*buffers.back());
  }
}

size_t KernelCall::indexOf(std::string_view name) const {
  for (size_t i = 0; i < signature.size(); i++)
    if (signature[i].name == name)
      return i;
  throw std::invalid_argument("no argument " + std::string(name));
}

GuardedBuffer &KernelCall::operator[](std::string_view name) const {
  return *buffers[indexOf(name)];
}

void KernelCall::alias(std::string_view name, std::string_view as) {
  buffers[indexOf(name)] = buffers[indexOf(as)];
}

void KernelCall::setStrides(std::string_view name, std::vector<int> strides) {
  std::shared_ptr<GuardedBuffer> &buffer = buffers[indexOf(name)];
  std::vector<int> extents;
  for (int d = 0; d < buffer->dimensions(); d++)
    extents.push_back(buffer->extent(d));
  buffer = std::make_shared<GuardedBuffer>(buffer->element(), extents, strides,
                                           guard);
  fill(*buffer);
}

void KernelCall::fill(const GuardedBuffer &buffer) {
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int> byte(0, 255);
  buffer.forEach([&](auto &, float &value) {
    if (buffer.element() == Element::F32 || buffer.element() == Element::Bf16)
      value = normal(random);
    else
      value = byte(random) - (buffer.element() == Element::I8 ? 128 : 0);
  });
  // What is not of the format is rounded.
  buffer.encode();
  buffer.decode();
}

std::string KernelCall::run(int threads) const {
  auto kernel = LoadedKernel::make(spec, /*asserts=*/true);
  if (!kernel)
    return toString(kernel.takeError());

  std::vector<halide_buffer_t *> arguments;
  std::vector<std::vector<float>> before(buffers.size());
  for (size_t i = 0; i < buffers.size(); i++) {
    arguments.push_back(buffers[i]->raw());
    buffers[i]->encode();
    buffers[i]->decode();
    buffers[i]->forEach(
        [&](auto &, float &value) { before[i].push_back(value); });
  }
  if (std::string error = kernel->run(arguments, threads); !error.empty())
    return error;
  for (size_t i = 0; i < buffers.size(); i++) {
    buffers[i]->decode();
    if (!buffers[i]->gapsUntouched())
      return "gaps of " + signature[i].name + " were written to";
    bool isOutput = false;
    for (size_t j = 0; j < buffers.size(); j++)
      isOutput |=
          signature[j].role != ArgumentRole::Input && buffers[j] == buffers[i];
    if (isOutput)
      continue;
    size_t at = 0;
    bool changed = false;
    buffers[i]->forEach([&](auto &, float &value) {
      // As bits: NaN is not equal to itself.
      changed |= std::bit_cast<uint32_t>(value) !=
                 std::bit_cast<uint32_t>(before[i][at++]);
    });
    if (changed)
      return "the input " + signature[i].name + " was written to";
  }
  return "";
}

void forEachTarget(const std::function<void(CpuTarget)> &body) {
  llvm::Expected<CpuTarget> last = nativeCpuTarget();
  if (!last)
    GTEST_SKIP() << toString(last.takeError());
  for (CpuTarget target : kCpuTargets)
    if (target <= *last) {
      SCOPED_TRACE(cpuTargetInfo(target).name);
      body(target);
    }
}

void expectClose(
    const GuardedBuffer &actual,
    const std::function<double(const GuardedBuffer::Index &)> &expected,
    double tolerance) {
  double worst = 0;
  std::string where;
  actual.forEach([&](const GuardedBuffer::Index &i, float &value) {
    double wanted = expected(i);
    double error = std::abs(value - wanted) / std::max(1.0, std::abs(wanted));
    if (error <= worst) // false for NaN
      return;
    worst = std::isnan(error) ? HUGE_VAL : error;
    where = std::to_string(value) + " instead of " + std::to_string(wanted) +
            " at (" + std::to_string(i[0]) + ", " + std::to_string(i[1]) +
            ", " + std::to_string(i[2]) + ", " + std::to_string(i[3]) + ")";
  });
  EXPECT_LE(worst, tolerance) << where;
}

} // namespace cvt::kernels
