//===- timed_kernel.cpp - How long one kernel takes -----------------------===//

#include "tools/cvt-bench-kernels/timed_kernel.h"

#include "compiler/kernels/kernel_code.h"
#include "runtime/include/cvt/abi.h"
#include "runtime/src/scratch.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace cvt::bench {

using namespace kernels;
using Clock = std::chrono::steady_clock;

static constexpr int leastRounds = 3;

namespace {

struct Free {
  void operator()(uint8_t *p) const { std::free(p); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

Memory allocate(int64_t bytes) {
  const int64_t alignment = CVT_BUFFER_ALIGNMENT;
  const int64_t rounded = (bytes + alignment - 1) / alignment * alignment;
  return Memory(static_cast<uint8_t *>(std::aligned_alloc(alignment, rounded)));
}

/// What a kernel that runs alone gets for a session.
class Host {
public:
  Host(ThreadPool &pool, int64_t scratchBytes) : pool(pool) {
    // Of each allocation the kernel counts at least one alignment, and the
    // stack takes one more.
    const int64_t bytes = 2 * scratchBytes + CVT_BUFFER_ALIGNMENT;
    for (int i = 0; i < pool.size(); ++i) {
      memory.push_back(allocate(bytes));
      scratch.emplace_back(std::span(memory.back().get(), bytes));
    }
  }

  static const KernelServices services;

private:
  static Host &get(void *context) { return *static_cast<Host *>(context); }
  static int parallelFor(void *context, halide_task_t task, int first,
                         int count, uint8_t *closure) {
    return get(context).pool.run(task, context, first, count, closure);
  }
  static ScratchStack &stack(void *context) {
    return get(context).scratch[ThreadPool::currentThread()];
  }
  static void *allocateScratch(void *context, size_t bytes) {
    return stack(context).allocate(bytes);
  }
  static void freeScratch(void *context, void *pointer) {
    if (pointer)
      stack(context).free(pointer);
  }
  static int fail(void *) { return -1; }

  ThreadPool &pool;
  std::vector<Memory> memory;
  std::vector<ScratchStack> scratch;
};

const KernelServices Host::services = {parallelFor, allocateScratch,
                                       freeScratch, fail, fail};

/// A buffer of a kernel, dense.
class Buffer {
public:
  Buffer(const KernelArgument &argument, int64_t runtimeExtent) {
    int64_t elements = 1;
    for (int64_t extent : argument.extents) {
      const int64_t here = extent == kRuntimeExtent ? runtimeExtent : extent;
      dims.emplace_back(0, int32_t(here), int32_t(elements));
      elements *= here;
    }
    memory = allocate(elements * elementBytes(argument.element));
    fill(argument.element, elements);
    raw.host = memory.get();
    raw.dim = dims.data();
    raw.dimensions = int32_t(dims.size());
    raw.type = halideType(argument.element);
  }
  Buffer(const Buffer &) = delete;

  halide_buffer_t *get() { return &raw; }

private:
  static halide_type_t halideType(Element element) {
    switch (element) {
    case Element::F32:
      return {halide_type_float, 32};
    case Element::Bf16:
      return {halide_type_bfloat, 16};
    case Element::U8:
      return {halide_type_uint, 8};
    case Element::I8:
      return {halide_type_int, 8};
    }
    __builtin_unreachable();
  }

  /// Values of moderate size: no infinities and no denormals on the way.
  void fill(Element element, int64_t elements) {
    std::minstd_rand random(1);
    for (int64_t i = 0; i < elements; ++i) {
      const float value = std::uniform_real_distribution<float>(-1, 1)(random);
      const float byte = 100 * value;
      switch (element) {
      case Element::F32:
        std::memcpy(memory.get() + 4 * i, &value, 4);
        break;
      case Element::Bf16: // the upper half of an f32
        std::memcpy(memory.get() + 2 * i,
                    reinterpret_cast<const char *>(&value) + 2, 2);
        break;
      case Element::U8:
        memory.get()[i] = uint8_t(byte + 100);
        break;
      case Element::I8:
        memory.get()[i] = uint8_t(int8_t(byte));
        break;
      }
    }
  }

  Memory memory;
  std::vector<halide_dimension_t> dims;
  halide_buffer_t raw = {};
};

/// The buffers of all calls of a kernel in a network: activations are the same
/// memory, weights are not.
class CallBuffers {
public:
  CallBuffers(const KernelSpec &spec, int64_t calls, int64_t batch) {
    // Rows of all images together for linear kernels, images for others.
    const auto *linear = std::get_if<LinearSpec>(&spec.family);
    const int64_t runtimeExtent = batch * (linear ? linear->m : 1);
    arguments.resize(calls);
    for (const KernelArgument &argument : kernelArguments(spec)) {
      const bool isWeight =
          std::find(argument.extents.begin(), argument.extents.end(),
                    kRuntimeExtent) == argument.extents.end();
      for (int64_t call = 0; call < calls; ++call) {
        if (call == 0 || isWeight)
          buffers.push_back(std::make_unique<Buffer>(argument, runtimeExtent));
        arguments[call].push_back(buffers.back()->get());
      }
    }
  }

  auto begin() const { return arguments.begin(); }
  auto end() const { return arguments.end(); }
  size_t size() const { return arguments.size(); }

private:
  std::vector<std::unique_ptr<Buffer>> buffers;
  std::vector<std::vector<halide_buffer_t *>> arguments;
};

} // namespace

struct TimedKernel::State {
  std::string symbol;
  KernelCode code;
  Host host;
  CallBuffers calls;
};

TimedKernel::TimedKernel(std::unique_ptr<State> state)
    : state(std::move(state)) {}
TimedKernel::TimedKernel(TimedKernel &&) = default;
TimedKernel::~TimedKernel() = default;

llvm::Expected<TimedKernel> TimedKernel::make(const KernelSpec &spec,
                                              int64_t calls, int64_t batch,
                                              ThreadPool &pool) {
  auto compiled = compileKernel(spec);
  if (!compiled)
    return compiled.takeError();
  auto code = KernelCode::load(*compiled, Host::services);
  if (!code)
    return code.takeError();
  return TimedKernel(std::unique_ptr<State>(new State{
      compiled->symbol, std::move(*code), Host(pool, compiled->scratchBytes),
      CallBuffers(spec, calls, batch)}));
}

llvm::Expected<double> TimedKernel::run(double seconds) {
  double total = 0, best = 0;
  for (int round = 0; total < seconds || round < leastRounds; ++round) {
    const Clock::time_point started = Clock::now();
    for (const std::vector<halide_buffer_t *> &arguments : state->calls)
      if (int error = state->code.call(&state->host, arguments))
        return llvm::createStringError(state->symbol + " returned " +
                                       std::to_string(error));
    const double took =
        std::chrono::duration<double>(Clock::now() - started).count();
    total += took;
    best = round == 0 ? took : std::min(best, took);
  }
  return best / state->calls.size();
}

} // namespace cvt::bench
