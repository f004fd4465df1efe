//===- npy_test.cpp - NumPy's files of float32 arrays ---------------------===//
//
// Headers that NumPy writes, and others.
//
//===----------------------------------------------------------------------===//

#include "tools/npy/npy.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <unistd.h>

using namespace cvt::npy;

static std::string errorOf(const std::function<void()> &action) {
  try {
    action();
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

static std::string parseError(const std::string &text) {
  return errorOf([&] { parseHeader(text, "x.npy"); });
}

TEST(NpyHeader, Good) {
  const Header plain = parseHeader(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }   \n",
      "x.npy");
  EXPECT_EQ(plain.shape, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(plain.elements, 24u);
  EXPECT_EQ(parseHeader(
                "{\"shape\":(),\"descr\":\"<f4\",\"fortran_order\":False}", "")
                .elements,
            1u);
  EXPECT_EQ(
      parseHeader("{'descr':'<f4','fortran_order':False,'shape':(0,7)}", "")
          .elements,
      0u);
}

TEST(NpyHeader, Bad) {
  const std::string malformed =
      "x.npy: the header of this .npy file is malformed";
  for (const char *text :
       {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (a,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, "
        "'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "{'descr': '<\nf', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"})
    EXPECT_EQ(parseError(text), malformed) << text;
  EXPECT_EQ(parseError("{'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
            "x.npy: holds elements of type '<f8', expected '<f4' (float32)");
  EXPECT_EQ(parseError("{'descr': '<f4', 'fortran_order': True, 'shape': ()}"),
            "x.npy: is in Fortran order, expected C order "
            "(numpy.ascontiguousarray)");
  for (const char *shape :
       {"(99999999999999999999999,)", "(4294967296, 4294967296)",
        "(0, 1152921504606846977)"})
    EXPECT_EQ(parseError("{'descr': '<f4', 'fortran_order': False, 'shape': " +
                         std::string(shape) + "}"),
              "x.npy: its shape is too large");
}

namespace {
class NpyFile : public testing::Test {
protected:
  void TearDown() override { std::remove(path.c_str()); }
  void put(const std::string &content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  std::string get() {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
  }
  std::string path =
      testing::TempDir() + "cvt-npy-" + std::to_string(getpid()) + ".npy";
};
} // namespace

TEST_F(NpyFile, RoundTrip) {
  std::vector<float> values(12);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = 0.1f * i;
  Writer writer(path, {2, 1});
  writer.append(values.data(), 5);
  writer.append(values.data() + 10, 1);
  EXPECT_FALSE(std::filesystem::exists(path)) << "not finished yet";
  writer.finish();

  Reader reader(path);
  EXPECT_EQ(reader.shape(), (std::vector<int64_t>{6, 2, 1}));
  std::vector<float> back(12);
  reader.read(back.data(), 7);
  reader.read(back.data() + 7, 5);
  EXPECT_EQ(back, values);
  EXPECT_EQ(get().find("{'descr': '<f4', 'fortran_order': False, 'shape': (6, "
                       "2, 1), }"),
            10u);
  EXPECT_EQ((get().size() - 48) % 64, 0u) << "as NumPy aligns its data";
}

TEST_F(NpyFile, UnfinishedLeavesNothing) {
  put("old");
  {
    const float value = 1;
    Writer writer(path, {});
    writer.append(&value, 1);
  }
  EXPECT_EQ(get(), "old");
  const std::filesystem::path written(path);
  for (const auto &entry :
       std::filesystem::directory_iterator(written.parent_path()))
    EXPECT_FALSE(entry.path().string().starts_with(written.string() + ".tmp-"))
        << entry.path();
}

TEST_F(NpyFile, NoFileIsNotReplaced) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(errorOf([&] { Writer writer(path, {}); }),
            path + ": cannot create the file: it exists and is not a file");
  EXPECT_TRUE(std::filesystem::is_fifo(path));
}

TEST_F(NpyFile, EveryTruncation) {
  const std::vector<float> values(6, 1);
  Writer writer(path, {3});
  writer.append(values.data(), 2);
  writer.finish();
  const std::string whole = get();
  for (size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    EXPECT_NE(errorOf([&] { Reader reader(path); }), "") << size;
  }
  put(whole + "x");
  EXPECT_EQ(errorOf([&] { Reader reader(path); }),
            path + ": has 153 bytes instead of 152, which its shape (2, 3) "
                   "needs");
}

TEST_F(NpyFile, OtherFiles) {
  EXPECT_EQ(errorOf([] { Reader reader("/no/file.npy"); }),
            "/no/file.npy: cannot open the file: No such file or directory");
  EXPECT_EQ(errorOf([] { Reader reader("/tmp"); }), "/tmp: not a regular file");
  put("PK\3\4 an npz file, for example");
  EXPECT_EQ(errorOf([&] { Reader reader(path); }),
            path + ": not an .npy file of version 1 to 3");
  put(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12));
  EXPECT_EQ(errorOf([&] { Reader reader(path); }),
            path + ": the header of this .npy file is too long");
  EXPECT_EQ(errorOf([] { Writer writer("/no/such/folder/x.npy", {}); }),
            "/no/such/folder/x.npy: cannot create the file: No such file or "
            "directory");
}
