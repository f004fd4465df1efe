//===- pickle.h - Python pickles, read without executing anything ---------===//
//
// A pickle is a program for a stack machine that builds objects and may call
// any function by name.  Here names are only compared with a list, and a call
// is a value that says what would be called: nothing is looked up or executed.
//
// Values refer to others by number, so one that a pickle uses many times is
// there once: time and memory grow with the bytes of the pickle alone, and no
// depth of nesting uses up the stack.  Lists and dicts may contain themselves.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_PICKLE_H
#define CVT_FRONTEND_PICKLE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cvt {

/// Longest pickle that is read, in bytes.
inline constexpr uint64_t kMaxPickleBytes = 64 << 20;
/// Most instructions that a pickle may have; a tensor takes about 40.
inline constexpr uint64_t kMaxPickleInstructions = 4 << 20;

/// A value's number.
using PickleId = uint32_t;

struct PickleTuple {
  std::vector<PickleId> items;
};
struct PickleList {
  std::vector<PickleId> items;
};
/// A dict or a collections.OrderedDict.  Keys may be there twice.
struct PickleDict {
  struct Item {
    PickleId key;
    PickleId value;
  };
  std::vector<Item> items;
};
/// A name out of the caller's list.
struct PickleGlobal {
  std::string_view name;
};
/// What would be called, and with what; `arguments` is a PickleTuple.
struct PickleCall {
  std::string_view function;
  PickleId arguments;
};
/// Something outside of the pickle, called by that value.
struct PicklePersistent {
  PickleId id;
};

/// std::monostate stands for what nobody asks for: None, fractions, and
/// integers beyond 64 bits.  Strings are views of the pickle, UTF-8 if it is
/// honest.
using PickleValue =
    std::variant<std::monostate, bool, int64_t, std::string_view, PickleTuple,
                 PickleList, PickleDict, PickleGlobal, PickleCall,
                 PicklePersistent>;

/// What a pickle builds.  Refers to the pickle's bytes and the list of names,
/// which must outlive it.
class Pickle {
public:
  Pickle(std::vector<PickleValue> values, PickleId root)
      : values(std::move(values)), rootId(root) {}

  const PickleValue &root() const { return values[rootId]; }
  const PickleValue &operator[](PickleId id) const { return values[id]; }

  /// The value of that number if it is a T, or null.
  template <typename T> const T *get(PickleId id) const {
    return std::get_if<T>(&values[id]);
  }

private:
  std::vector<PickleValue> values;
  PickleId rootId;
};

/// Reads a pickle of protocol 2 made of the instructions that torch.save uses.
/// `globals`: the names, as "module.name", that it may refer to besides
/// collections.OrderedDict.  `file` stands for it in errors.
std::optional<Pickle> readPickle(std::string_view bytes,
                                 std::span<const std::string_view> globals,
                                 const std::string &file, std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_PICKLE_H
