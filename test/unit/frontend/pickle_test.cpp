//===- pickle_test.cpp - Pickles, honest and hostile ----------------------===//
//
// Nothing in a pickle is executed, and no pickle costs more than its own bytes
// allow.
//
//===----------------------------------------------------------------------===//

#include "frontend/pickle.h"

#include "test/unit/frontend/test_files.h"
#include "test/unit/frontend/torch_files.h"

#include <gtest/gtest.h>

namespace cvt {
namespace {

using test::expectHolds;
using test::repeat;
using namespace test::pickled;
using namespace std::string_literals;

constexpr std::string_view kKnown[] = {"torch.FloatStorage", "torch.f"};

std::optional<Pickle> parse(std::string_view bytes, std::string &error) {
  return readPickle(bytes, kKnown, "m.pth", error);
}

/// `bytes` must outlive the result.
Pickle accept(std::string_view bytes) {
  std::string error;
  auto pickle = parse(bytes, error);
  EXPECT_TRUE(pickle) << error;
  return pickle ? std::move(*pickle) : Pickle({PickleValue()}, 0);
}

/// The error, which is one sentence of a bounded length.
std::string refuse(std::string_view bytes) {
  std::string error;
  EXPECT_FALSE(parse(bytes, error));
  expectHolds(error, {"m.pth: its pickle "});
  EXPECT_LT(error.size(), 400u);
  return error;
}

TEST(Pickle, ValuesAreData) {
  const std::string bytes = whole(tuple(
      {text("a"), number(-3), "K\7", "M\1\2", "J\xff\xff\xff\xff", "N", "\x88",
       "G\0\0\0\0\0\0\0\0"s, list({"K\1", "K\2"}), dict({{text("k"), "K\3"}}),
       global("torch.FloatStorage"), call("torch.f", {"K\4"}), "K\5Q",
       call("collections.OrderedDict", {})}));
  Pickle pickle = accept(bytes);
  auto *items = std::get_if<PickleTuple>(&pickle.root());
  ASSERT_TRUE(items);
  ASSERT_EQ(items->items.size(), 14u);
  auto id = [&](size_t i) { return items->items[i]; };
  EXPECT_EQ(*pickle.get<std::string_view>(id(0)), "a");
  const int64_t numbers[] = {-3, 7, 0x201, -1};
  for (size_t i = 0; i != 4; ++i)
    EXPECT_EQ(*pickle.get<int64_t>(id(1 + i)), numbers[i]);
  EXPECT_TRUE(pickle.get<std::monostate>(id(5)));
  EXPECT_TRUE(*pickle.get<bool>(id(6)));
  EXPECT_TRUE(pickle.get<std::monostate>(id(7)));
  EXPECT_EQ(pickle.get<PickleList>(id(8))->items.size(), 2u);
  EXPECT_EQ(pickle.get<PickleDict>(id(9))->items.size(), 1u);
  EXPECT_EQ(pickle.get<PickleGlobal>(id(10))->name, "torch.FloatStorage");
  EXPECT_EQ(pickle.get<PickleCall>(id(11))->function, "torch.f");
  EXPECT_EQ(*pickle.get<int64_t>(pickle.get<PicklePersistent>(id(12))->id), 5);
  EXPECT_TRUE(pickle.get<PickleDict>(id(13))->items.empty());
}

TEST(Pickle, NamesOutsideTheListAreRefused) {
  for (const char *name :
       {"os.system", "posix.system", "builtins.eval", "builtins.getattr",
        "subprocess.Popen", "torch.load", "torch.FloatStorage.x", "torch.f2",
        "collections.OrderedDict.fromkeys", "torch.jit.load"}) {
    expectHolds(refuse(whole(call(name, {text("true")}))),
                {"refers to " + std::string(name) + ";"});
    expectHolds(refuse(whole(global(name))), {"refers to "});
  }
}

TEST(Pickle, NamesThatDoNotEndAreRefused) {
  expectHolds(refuse("\x80\x02"
                     "c" +
                     repeat("a", 1 << 20)),
              {"a function with a very long name, starting with aaa"});
  expectHolds(refuse("\x80\x02"
                     "ctorch\n" +
                     repeat("a", 1 << 20) + "\n."),
              {"a function with a very long name"});
  expectHolds(refuse("\x80\x02"
                     "ctorch"),
              {"in the middle"});
}

/// Whatever makes objects, finds names in other ways, or is of other protocols.
TEST(Pickle, OtherInstructionsAreRefused) {
  const std::string known(
      "(.JKMNQRX]abcehjqr)st}uG\x80\x85\x86\x87\x88\x89\x8a");
  for (int op = 0; op != 256; ++op)
    if (known.find(static_cast<char>(op)) == std::string::npos)
      expectHolds(refuse(whole("NN" + std::string(1, static_cast<char>(op)))),
                  {"has the instruction " + std::to_string(op), "(byte 4)"});
  expectHolds(refuse(whole("N\x80\x02")), {"has the instruction 128"});
  for (char protocol : {0, 1, 3, 4, 5})
    expectHolds(refuse(std::string("\x80") + protocol + "N."),
                {"has protocol " + std::to_string(protocol)});
  for (const char *start : {"", "\x80", "N.", "(dp0\n."})
    expectHolds(refuse(start), {"does not start as a pickle does"});
}

TEST(Pickle, HugeStringsAreRefused) {
  for (uint64_t length : {4ull, 1ull << 20, 0x7fffffffull, 0xffffffffull})
    expectHolds(refuse("\x80\x02X" + test::littleEndian(length, 4) + "ab."),
                {"a string of " + std::to_string(length) + " bytes"});
  expectHolds(refuse("\x80\x02X\xff\xff"), {"in the middle"});
}

TEST(Pickle, LongNumbersAreNotKept) {
  const std::string bytes = whole("\x8a\xff" + repeat("\x7f", 255));
  EXPECT_TRUE(std::get_if<std::monostate>(&accept(bytes).root()));
}

TEST(Pickle, SizeAndInstructionsAreLimited) {
  expectHolds(refuse(repeat("N", kMaxPickleBytes + 1)),
              {"has 67108865 bytes; at most 67108864 are read"});
  for (const char *op : {"N", "}", "]", ")", "(", "Nq\1", "K\1\x85"})
    expectHolds(refuse("\x80\x02" + repeat(op, kMaxPickleInstructions + 1)),
                {"has more than 4194304 instructions"});
}

/// Doubles what a plain reader would build with each of many levels.
TEST(Pickle, MemoBombsCostTheirBytes) {
  const std::string nested = whole("Nq\1" + repeat("h\1\x86q\1", 100'000));
  Pickle pickle = accept(nested);
  auto *pair = std::get_if<PickleTuple>(&pickle.root());
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->items[0], pair->items[1]);
  const std::string list = whole("]q\1" + repeat("h\1a", 100'000));
  EXPECT_EQ(std::get_if<PickleList>(&accept(list).root())->items.size(),
            100'000u);
}

TEST(Pickle, DeepNestingNeedsNoStack) {
  accept(whole("N" + repeat("\x85", 1'000'000)));
  expectHolds(refuse(whole(repeat("(", 1'000'000) + "N")), {"leaves 1 values"});
}

TEST(Pickle, StacksAndMemosThatDoNotFitAreRefused) {
  const std::string few = "takes more from its stack than is there";
  for (const char *ops : {"\x85", "N\x86", "NN\x87", "t", "N(\x85t", "a", "N(a",
                          "e", "Ns", "u", "Q", "NR", "b", "q\1", "N(q\1"})
    expectHolds(refuse(whole(ops)), {few});
  const std::pair<std::string, const char *> wrong[] = {
      {"h\1", "uses value 1 before it is there"},
      {"Nq\1j\2\1\0\0"s, "uses value 258 before it is there"},
      {"NNa", "appends to what is not a list"},
      {"](NNs", "sets items of what is not a dict"},
      {"}(NNNu", "sets items of what is not a dict"},
      {"N)R", "calls what is not a function"},
      {global("torch.f") + "NR", "calls what is not a function"},
      {call("collections.OrderedDict", {"N"}), "OrderedDict with arguments"},
      {global("torch.f") + "}b", "sets attributes of what is not a dict"},
      {"NN", "leaves 2 values"},
      {"", "leaves 0 values"},
  };
  for (const auto &[ops, words] : wrong)
    expectHolds(refuse(whole(ops)), {words});
  expectHolds(refuse(whole("N") + "N"), {"has bytes behind its end"});
}

TEST(Pickle, CutPicklesAreRefused) {
  const std::string bytes =
      whole(tuple({text("abc"), number(5), "M\1\2", "J\1\2\3\4", "G12345678",
                   "Nq\1h\1r\1\1\1\1j\1\1\1\1\x86", global("torch.f"),
                   dict({{text("k"), "\x88"}})}));
  accept(bytes);
  for (size_t length = 0; length != bytes.size(); ++length)
    refuse(std::string_view(bytes).substr(0, length));
}

} // namespace
} // namespace cvt
