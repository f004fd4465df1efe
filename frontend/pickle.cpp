//===- pickle.cpp - Python pickles, read without executing anything -------===//
//
// Instructions are named as in Python's pickletools, which documents them.
//
//===----------------------------------------------------------------------===//

#include "frontend/pickle.h"

#include "frontend/byte_reader.h"
#include "frontend/json_reader.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cvt {

namespace {

constexpr std::string_view orderedDict = "collections.OrderedDict";

enum class Op : uint8_t {
  Mark = '(',
  Stop = '.',
  BinInt = 'J',
  BinInt1 = 'K',
  BinInt2 = 'M',
  None = 'N',
  BinPersId = 'Q',
  Reduce = 'R',
  BinUnicode = 'X',
  EmptyList = ']',
  Append = 'a',
  Build = 'b',
  Global = 'c',
  Appends = 'e',
  BinGet = 'h',
  LongBinGet = 'j',
  BinPut = 'q',
  LongBinPut = 'r',
  SetItem = 's',
  Tuple = 't',
  EmptyTuple = ')',
  SetItems = 'u',
  BinFloat = 'G',
  EmptyDict = '}',
  Proto = 0x80,
  Tuple1 = 0x85,
  Tuple2 = 0x86,
  Tuple3 = 0x87,
  NewTrue = 0x88,
  NewFalse = 0x89,
  Long1 = 0x8a,
};

class PickleMachine {
public:
  PickleMachine(std::string_view bytes,
                std::span<const std::string_view> globals)
      : reader(bytes), globals(globals) {}

  /// Runs to the end.  False if `problem` says what is wrong.
  bool run();

  std::vector<PickleValue> values;
  std::vector<PickleId> stack;
  std::string problem;

private:
  bool refuse(const std::string &reason) {
    problem = reason;
    return false;
  }
  bool cut() { return refuse("ends in the middle of an instruction"); }
  bool tooFew() { return refuse("takes more from its stack than is there"); }
  size_t bottom() const { return marks.empty() ? 0 : marks.back(); }

  bool step(Op op);
  bool push(PickleValue value);
  bool popItems(size_t count, std::vector<PickleId> &items);
  bool popToMark(std::vector<PickleId> &items);
  template <typename T> T *top();

  template <typename T> bool readInt();
  bool readLong();
  bool readString();
  bool readGlobal();
  bool readLine(std::string &line);
  template <typename T> bool get();
  template <typename T> bool put();
  bool append(const std::vector<PickleId> &items);
  bool setItems(const std::vector<PickleId> &items);
  bool reduce(PickleId function, PickleId arguments);
  bool build();

  ByteReader reader;
  std::span<const std::string_view> globals;
  /// Heights of the stack at the marks that are open.
  std::vector<size_t> marks;
  /// Ordered, so that no choice of keys makes it slow.
  std::map<uint32_t, PickleId> memo;
};

} // namespace

bool PickleMachine::run() {
  uint8_t op = 0, protocol = 0;
  if (!reader.read(op) || Op(op) != Op::Proto || !reader.read(protocol))
    return refuse("does not start as a pickle does");
  if (protocol != 2)
    return refuse("has protocol " + std::to_string(protocol) +
                  "; torch.save writes 2");
  for (uint64_t count = 0; count != kMaxPickleInstructions; ++count) {
    uint64_t at = reader.position();
    if (!reader.read(op))
      return refuse("has no end");
    if (Op(op) == Op::Stop) {
      if (stack.size() != 1 || !marks.empty())
        return refuse("leaves " + std::to_string(stack.size()) +
                      " values instead of one");
      return reader.atEnd() || refuse("has bytes behind its end");
    }
    if (!step(Op(op))) {
      problem += " (byte " + std::to_string(at) + ")";
      return false;
    }
  }
  return refuse("has more than " + std::to_string(kMaxPickleInstructions) +
                " instructions");
}

bool PickleMachine::step(Op op) {
  std::vector<PickleId> items;
  switch (op) {
  case Op::None:
    return push(std::monostate());
  case Op::NewTrue:
  case Op::NewFalse:
    return push(op == Op::NewTrue);
  case Op::BinInt:
    return readInt<uint32_t>();
  case Op::BinInt1:
    return readInt<uint8_t>();
  case Op::BinInt2:
    return readInt<uint16_t>();
  case Op::Long1:
    return readLong();
  case Op::BinFloat:
    return reader.skip(sizeof(double)) ? push(std::monostate()) : cut();
  case Op::BinUnicode:
    return readString();
  case Op::Global:
    return readGlobal();
  case Op::EmptyTuple:
    return push(PickleTuple());
  case Op::EmptyList:
    return push(PickleList());
  case Op::EmptyDict:
    return push(PickleDict());
  case Op::Mark:
    marks.push_back(stack.size());
    return true;
  case Op::Tuple:
    return popToMark(items) && push(PickleTuple{std::move(items)});
  case Op::Tuple1:
    return popItems(1, items) && push(PickleTuple{std::move(items)});
  case Op::Tuple2:
    return popItems(2, items) && push(PickleTuple{std::move(items)});
  case Op::Tuple3:
    return popItems(3, items) && push(PickleTuple{std::move(items)});
  case Op::Append:
    return popItems(1, items) && append(items);
  case Op::Appends:
    return popToMark(items) && append(items);
  case Op::SetItem:
    return popItems(2, items) && setItems(items);
  case Op::SetItems:
    return popToMark(items) && setItems(items);
  case Op::BinGet:
    return get<uint8_t>();
  case Op::LongBinGet:
    return get<uint32_t>();
  case Op::BinPut:
    return put<uint8_t>();
  case Op::LongBinPut:
    return put<uint32_t>();
  case Op::BinPersId:
    return popItems(1, items) && push(PicklePersistent{items.front()});
  case Op::Reduce:
    return popItems(2, items) && reduce(items[0], items[1]);
  case Op::Build:
    return popItems(1, items) && build();
  case Op::Proto:
  case Op::Stop:
    break;
  }
  return refuse("has the instruction " +
                std::to_string(static_cast<unsigned>(op)) +
                ", which no plain checkpoint needs");
}

bool PickleMachine::push(PickleValue value) {
  stack.push_back(static_cast<PickleId>(values.size()));
  values.push_back(std::move(value));
  return true;
}

/// Takes the last values off the stack, but none from below the last mark.
bool PickleMachine::popItems(size_t count, std::vector<PickleId> &items) {
  if (stack.size() - bottom() < count)
    return tooFew();
  items.assign(stack.end() - static_cast<ptrdiff_t>(count), stack.end());
  stack.resize(stack.size() - count);
  return true;
}

bool PickleMachine::popToMark(std::vector<PickleId> &items) {
  if (marks.empty())
    return tooFew();
  size_t count = stack.size() - marks.back();
  marks.pop_back();
  items.assign(stack.end() - static_cast<ptrdiff_t>(count), stack.end());
  stack.resize(stack.size() - count);
  return true;
}

/// The value that the next instruction changes: the one on top, or null.
template <typename T> T *PickleMachine::top() {
  return stack.size() == bottom() ? nullptr
                                  : std::get_if<T>(&values[stack.back()]);
}

/// The one that has 4 bytes is signed.
template <typename T> bool PickleMachine::readInt() {
  T value = 0;
  if (!reader.read(value))
    return cut();
  if constexpr (sizeof(T) == sizeof(int32_t))
    return push(int64_t(static_cast<int32_t>(value)));
  return push(int64_t(value));
}

/// Two's complement in any number of bytes, lowest first.
bool PickleMachine::readLong() {
  uint8_t count = 0;
  std::string_view bytes;
  if (!reader.read(count) || !reader.read(count, bytes))
    return cut();
  if (count > sizeof(int64_t))
    return push(std::monostate());
  bool negative = count != 0 && (bytes.back() & 0x80);
  uint64_t value = negative ? UINT64_MAX : 0;
  for (size_t i = count; i-- != 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return push(static_cast<int64_t>(value));
}

bool PickleMachine::readString() {
  uint32_t count = 0;
  std::string_view text;
  if (!reader.read(count))
    return cut();
  if (!reader.read(count, text))
    return refuse("has a string of " + std::to_string(count) +
                  " bytes, which ends behind its end");
  return push(text);
}

/// Names end with a line feed; nothing on the lists is longer than 100 bytes.
bool PickleMachine::readLine(std::string &line) {
  for (uint8_t c = 0; line.size() <= 100; line.push_back(char(c))) {
    if (!reader.read(c))
      return cut();
    if (c == '\n')
      return true;
  }
  return refuse("refers to a function with a very long name, starting with " +
                printable(line));
}

bool PickleMachine::readGlobal() {
  std::string module, name;
  if (!readLine(module) || !readLine(name))
    return false;
  std::string full = module + "." + name;
  if (full == orderedDict)
    return push(PickleGlobal{orderedDict});
  auto found = std::find(globals.begin(), globals.end(), full);
  if (found == globals.end())
    return refuse("refers to " + printable(full) +
                  "; only tensors in dicts, lists and tuples are read");
  return push(PickleGlobal{*found});
}

template <typename T> bool PickleMachine::get() {
  T key = 0;
  if (!reader.read(key))
    return cut();
  auto found = memo.find(key);
  if (found == memo.end())
    return refuse("uses value " + std::to_string(key) + " before it is there");
  stack.push_back(found->second);
  return true;
}

template <typename T> bool PickleMachine::put() {
  T key = 0;
  if (!reader.read(key))
    return cut();
  if (stack.size() == bottom())
    return tooFew();
  memo[key] = stack.back();
  return true;
}

bool PickleMachine::append(const std::vector<PickleId> &items) {
  auto *list = top<PickleList>();
  if (!list)
    return refuse("appends to what is not a list");
  list->items.insert(list->items.end(), items.begin(), items.end());
  return true;
}

bool PickleMachine::setItems(const std::vector<PickleId> &items) {
  auto *dict = top<PickleDict>();
  if (!dict || items.size() % 2 != 0)
    return refuse("sets items of what is not a dict");
  for (size_t i = 0; i != items.size(); i += 2)
    dict->items.push_back({items[i], items[i + 1]});
  return true;
}

/// A call.  OrderedDict() is the one that is done, as it makes a container.
bool PickleMachine::reduce(PickleId function, PickleId arguments) {
  auto *global = std::get_if<PickleGlobal>(&values[function]);
  auto *tuple = std::get_if<PickleTuple>(&values[arguments]);
  if (!global || !tuple)
    return refuse("calls what is not a function");
  if (global->name != orderedDict)
    return push(PickleCall{global->name, arguments});
  if (!tuple->items.empty())
    return refuse("makes an OrderedDict with arguments");
  return push(PickleDict());
}

/// Attributes of an object: state dicts have some (versions of modules), which
/// say nothing about their tensors.
bool PickleMachine::build() {
  return top<PickleDict>() || refuse("sets attributes of what is not a dict");
}

std::optional<Pickle> readPickle(std::string_view bytes,
                                 std::span<const std::string_view> globals,
                                 const std::string &file, std::string &error) {
  PickleMachine machine(bytes, globals);
  if (bytes.size() > kMaxPickleBytes)
    machine.problem = "has " + std::to_string(bytes.size()) +
                      " bytes; at most " + std::to_string(kMaxPickleBytes) +
                      " are read";
  else if (machine.run())
    return Pickle(std::move(machine.values), machine.stack.front());
  error = file + ": its pickle " + machine.problem;
  return std::nullopt;
}

} // namespace cvt
