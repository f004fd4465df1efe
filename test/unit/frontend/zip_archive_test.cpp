//===- zip_archive_test.cpp - Zip files, honest and broken ----------------===//

#include "frontend/zip_archive.h"

#include "test/unit/frontend/test_files.h"
#include "test/unit/frontend/torch_files.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cvt {
namespace {

using test::expectHolds;
using test::littleEndian;
using test::zipCentralHeader;
using test::zipEnd;
using test::zipFile;
using test::zipLocalHeader;
using test::ZipPart;

std::optional<ZipDirectory> parse(const std::string &file, std::string &error) {
  std::istringstream stream(file);
  return readZipDirectory(stream, "m.pth", error);
}

ZipDirectory accept(const std::string &file) {
  std::string error;
  auto directory = parse(file, error);
  EXPECT_TRUE(directory) << error;
  return directory.value_or(ZipDirectory());
}

std::string refuse(const std::string &file) {
  std::string error;
  EXPECT_FALSE(parse(file, error));
  expectHolds(error, {"m.pth: "});
  return error;
}

const ZipPart kFirst{"m/data.pkl", "hello"};
const ZipPart kSecond{"m/data/0", "worlds"};

/// A file of kFirst whose directory has these bytes.
std::string fileWith(const std::string &directory, uint64_t entries = 1) {
  std::string file = zipLocalHeader(kFirst) + kFirst.content;
  return file + directory + zipEnd(entries, directory.size(), file.size());
}

TEST(ZipArchive, EntriesAreWhereTheyAre) {
  const std::string file = zipFile({kFirst, kSecond, {"empty", ""}});
  EXPECT_TRUE(isZip(file));
  ZipDirectory directory = accept(file);
  ASSERT_EQ(directory.size(), 3u);
  for (const ZipPart &part : {kFirst, kSecond}) {
    const ZipEntry &entry = directory.at(part.name);
    EXPECT_EQ(file.substr(entry.offset, entry.bytes), part.content);
  }
  accept(file.substr(0, file.size() - 2) + littleEndian(3, 2) + "abc");
}

TEST(ZipArchive, EntriesAreReadUpToALimit) {
  const std::string file = zipFile({kFirst});
  std::istringstream stream(file);
  const ZipEntry entry = accept(file).at(kFirst.name);
  std::string error;
  EXPECT_EQ(readZipEntry(stream, entry, 5, "m.pth", "e", error), "hello");
  EXPECT_FALSE(readZipEntry(stream, entry, 4, "m.pth", "e", error));
  EXPECT_EQ(error, "m.pth: entry e has 5 bytes; at most 4 are read");
  EXPECT_FALSE(readZipEntry(stream, {file.size(), 1}, 4, "m.pth", "e", error));
  EXPECT_EQ(error, "m.pth: entry e cannot be read");
}

TEST(ZipArchive, CutFilesAreRefused) {
  const std::string file = zipFile({kFirst, kSecond});
  for (size_t length = 0; length != file.size(); ++length)
    expectHolds(refuse(file.substr(0, length)), {"not a whole zip file"});
}

/// Damage is refused, or leaves entries that are inside the file.
TEST(ZipArchive, DamagedFilesAreRefusedOrHarmless) {
  const std::string file = zipFile({kFirst, kSecond});
  for (size_t at = 0; at != file.size(); ++at)
    for (int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      std::string error;
      auto directory = parse(damaged, error);
      if (!directory) {
        expectHolds(error, {"m.pth: "});
        continue;
      }
      for (const auto &[name, entry] : *directory) {
        EXPECT_LE(entry.offset, file.size());
        EXPECT_LE(entry.bytes, file.size() - entry.offset);
      }
    }
}

TEST(ZipArchive, CompressedAndEncryptedEntriesAreRefused) {
  ZipPart part = kFirst;
  part.method = 8;
  expectHolds(refuse(zipFile({part})),
              {"entry m/data.pkl is compressed (method 8)"});
  part.method = 0;
  for (uint16_t flag : {1 << 0, 1 << 5, 1 << 6, 1 << 13}) {
    part.flags = flag;
    expectHolds(refuse(zipFile({part})), {"entry m/data.pkl is encrypted"});
  }
}

TEST(ZipArchive, EntriesMustBeInsideTheFile) {
  const uint64_t bytes = kFirst.content.size();
  accept(fileWith(zipCentralHeader(kFirst, bytes, bytes, 0)));
  for (uint64_t size : {bytes + 1, uint64_t(0x7fffffff), uint64_t(0xfffffffe)})
    expectHolds(refuse(fileWith(zipCentralHeader(kFirst, size, size, 0))),
                {std::to_string(size) + " bytes, which end behind the start"});
  for (uint64_t offset : {1000ull, 0xfffffffeull})
    expectHolds(
        refuse(fileWith(zipCentralHeader(kFirst, bytes, bytes, offset))),
        {"is not in front of the zip directory"});
  expectHolds(refuse(fileWith(zipCentralHeader(kFirst, bytes, bytes, 1))),
              {"has a header that differs from the zip directory's"});
  expectHolds(refuse(fileWith(zipCentralHeader(kFirst, bytes, bytes + 1, 0))),
              {"has two sizes, 6 and 5"});
}

/// What makes small zip bombs large: many entries of the same bytes.
TEST(ZipArchive, EntriesMustNotOverlap) {
  const std::string header = zipCentralHeader(kFirst, 5, 5, 0);
  expectHolds(refuse(fileWith(header + header, 2)),
              {"entry m/data.pkl is there twice"});
  ZipPart outer{"outer", zipLocalHeader(kFirst) + kFirst.content};
  const std::string file = zipLocalHeader(outer) + outer.content;
  const std::string directory =
      zipCentralHeader(outer, outer.content.size(), outer.content.size(), 0) +
      zipCentralHeader(kFirst, 5, 5, file.size() - outer.content.size());
  expectHolds(
      refuse(file + directory + zipEnd(2, directory.size(), file.size())),
      {"two zip entries overlap"});
}

TEST(ZipArchive, DirectoriesMustBeWhole) {
  const std::string header = zipCentralHeader(kFirst, 5, 5, 0);
  expectHolds(refuse(fileWith(header, 2)), {"has 1 entries instead of 2"});
  expectHolds(refuse(fileWith(header.substr(0, 20))),
              {"its zip directory is damaged at byte 0"});
  const std::string file = zipLocalHeader(kFirst) + kFirst.content;
  expectHolds(refuse(file + header + zipEnd(1, header.size(), 0)),
              {"its zip directory is not in front of its end record"});
  expectHolds(refuse(file + header + zipEnd(1, 0xfffffffe, 0)),
              {"its zip directory has 4294967294 bytes; at most"});
  std::string split = file + header + zipEnd(1, header.size(), file.size());
  split[split.size() - 18] = 1;
  expectHolds(refuse(split), {"is one part of a zip file in several"});
}

/// A file of kFirst with 64-bit fields: its size and place, and how far its
/// directory is from where the end record says.
std::string zip64File(uint64_t bytes, uint64_t offset,
                      uint64_t directoryShift) {
  const std::string extra = littleEndian(1, 2) + littleEndian(24, 2) +
                            littleEndian(bytes, 8) + littleEndian(bytes, 8) +
                            littleEndian(offset, 8);
  const std::string directory =
      zipCentralHeader(kFirst, UINT32_MAX, UINT32_MAX, UINT32_MAX, extra);
  std::string file = zipLocalHeader(kFirst) + kFirst.content;
  const uint64_t start = file.size() + directoryShift;
  const uint64_t record = file.size() + directory.size();
  return file + directory + "PK\6\6" + littleEndian(44, 8) +
         littleEndian(45, 2) + littleEndian(45, 2) + littleEndian(0, 8) +
         littleEndian(1, 8) + littleEndian(1, 8) +
         littleEndian(directory.size(), 8) + littleEndian(start, 8) + "PK\6\7" +
         littleEndian(0, 4) + littleEndian(record, 8) + littleEndian(1, 4) +
         zipEnd(UINT16_MAX, UINT32_MAX, UINT32_MAX);
}

TEST(ZipArchive, WideFieldsAreCheckedAsWell) {
  const std::string file = zip64File(5, 0, 0);
  const ZipEntry entry = accept(file).at(kFirst.name);
  EXPECT_EQ(file.substr(entry.offset, entry.bytes), "hello");
  for (uint64_t bytes : {uint64_t(6), uint64_t(1) << 62, UINT64_MAX})
    expectHolds(refuse(zip64File(bytes, 0, 0)), {"end behind the start"});
  for (uint64_t offset : {uint64_t(1) << 62, UINT64_MAX})
    expectHolds(refuse(zip64File(5, offset, 0)), {"is not in front of"});
  for (uint64_t shift : {uint64_t(1), uint64_t(1) << 62, UINT64_MAX})
    expectHolds(refuse(zip64File(5, 0, shift)),
                {"its zip directory is not in"});
  expectHolds(
      refuse(fileWith(zipCentralHeader(kFirst, UINT32_MAX, UINT32_MAX, 0))),
      {"has no whole zip64 field"});
}

} // namespace
} // namespace cvt
