//===- zip_archive.cpp - Where the entries of a zip file are --------------===//
//
// Follows PKWARE's APPNOTE.TXT 6.3.10, whose names for records and fields are
// used.  The file ends with: central directory, [zip64 end record, zip64
// locator,] end record, comment.
//
//===----------------------------------------------------------------------===//

#include "frontend/zip_archive.h"

#include "frontend/byte_reader.h"
#include "frontend/json_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cvt {

namespace {

constexpr std::string_view localSignature = "PK\3\4";
constexpr std::string_view centralSignature = "PK\1\2";
constexpr std::string_view endSignature = "PK\5\6";
constexpr std::string_view zip64EndSignature = "PK\6\6";
constexpr std::string_view zip64LocatorSignature = "PK\6\7";

constexpr uint64_t localHeaderBytes = 30;
constexpr uint64_t endBytes = 22;
constexpr uint64_t zip64EndBytes = 56;
constexpr uint64_t zip64LocatorBytes = 20;

/// Flags of encrypted entries and of files that patch others.
constexpr uint16_t unreadableFlags = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 13;

/// Where the central directory is.
struct Directory {
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t offset = 0;
};

/// One entry as the central directory has it.
struct CentralHeader {
  std::string_view name;
  uint64_t bytes = 0;
  uint64_t headerOffset = 0;
};

class ZipReader {
public:
  explicit ZipReader(std::istream &stream) : stream(stream) {}

  std::optional<ZipDirectory> read();

  /// What is wrong.
  std::string problem;

private:
  bool refuse(const std::string &reason) {
    problem = reason;
    return false;
  }

  bool readAt(uint64_t offset, uint64_t count, std::string &bytes);
  bool findDirectory(Directory &directory);
  bool readZip64End(uint64_t endOffset, uint64_t &directoryEnd,
                    Directory &directory);
  bool readCentralHeader(ByteReader &reader, CentralHeader &header);
  bool readZip64Extra(std::string_view extra, CentralHeader &header,
                      uint64_t &storedBytes);
  bool locate(const CentralHeader &header, const Directory &directory,
              ZipEntry &entry);

  std::istream &stream;
  uint64_t fileBytes = 0;
};

} // namespace

static bool readBytes(std::istream &stream, uint64_t offset, uint64_t count,
                      std::string &bytes) {
  bytes.resize(count);
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(
      stream.read(bytes.data(), static_cast<std::streamsize>(count)));
}

/// "entry NAME".
static std::string describeEntry(std::string_view name) {
  return "entry " + printable(name);
}

/// Reads a range that is known to be inside the file.
bool ZipReader::readAt(uint64_t offset, uint64_t count, std::string &bytes) {
  return readBytes(stream, offset, count, bytes) ||
         refuse("cannot be read at byte " + std::to_string(offset));
}

bool ZipReader::findDirectory(Directory &directory) {
  // The end record is where a comment of just the right length follows.
  constexpr std::string_view noEnd =
      "is not a whole zip file: it has no end record";
  if (fileBytes < endBytes)
    return refuse(std::string(noEnd));
  uint64_t tailBytes = std::min<uint64_t>(fileBytes, endBytes + UINT16_MAX);
  std::string tail;
  if (!readAt(fileBytes - tailBytes, tailBytes, tail))
    return false;
  for (uint64_t at = tailBytes - endBytes + 1; at-- != 0;) {
    std::string_view record = std::string_view(tail).substr(at);
    if (!record.starts_with(endSignature))
      continue;
    ByteReader reader(record.substr(endSignature.size()));
    uint16_t disk = 0, firstDisk = 0, entriesHere = 0, entries = 0, comment = 0;
    uint32_t bytes = 0, offset = 0;
    bool whole = reader.read(disk) && reader.read(firstDisk) &&
                 reader.read(entriesHere) && reader.read(entries) &&
                 reader.read(bytes) && reader.read(offset) &&
                 reader.read(comment);
    if (!whole || comment != record.size() - endBytes)
      continue;
    uint64_t endOffset = fileBytes - tailBytes + at;
    directory = {entries, bytes, offset};
    uint64_t directoryEnd = endOffset;
    if (!readZip64End(endOffset, directoryEnd, directory))
      return false;
    if (disk != 0 || firstDisk != 0 || entriesHere != entries)
      return refuse("is one part of a zip file in several");
    if (directory.bytes > kMaxZipDirectoryBytes)
      return refuse("its zip directory has " + std::to_string(directory.bytes) +
                    " bytes; at most " + std::to_string(kMaxZipDirectoryBytes) +
                    " are read");
    if (directory.offset > directoryEnd ||
        directory.bytes != directoryEnd - directory.offset)
      return refuse("its zip directory is not in front of its end record");
    return true;
  }
  return refuse(std::string(noEnd));
}

/// Takes what the zip64 end record says, if there is one in front of the end
/// record at `endOffset`.
bool ZipReader::readZip64End(uint64_t endOffset, uint64_t &directoryEnd,
                             Directory &directory) {
  if (endOffset < zip64EndBytes + zip64LocatorBytes)
    return true;
  uint64_t locatorOffset = endOffset - zip64LocatorBytes;
  std::string locator;
  if (!readAt(locatorOffset, zip64LocatorBytes, locator))
    return false;
  if (!locator.starts_with(zip64LocatorSignature))
    return true;
  ByteReader fields(
      std::string_view(locator).substr(zip64LocatorSignature.size()));
  uint32_t disk = 0, disks = 0;
  uint64_t recordOffset = 0;
  fields.read(disk) && fields.read(recordOffset) && fields.read(disks);

  constexpr std::string_view broken = "its zip64 end record is damaged";
  directoryEnd = locatorOffset - zip64EndBytes;
  std::string record;
  if (disk != 0 || disks > 1 || recordOffset != directoryEnd)
    return refuse(std::string(broken));
  if (!readAt(recordOffset, zip64EndBytes, record))
    return false;
  ByteReader reader(record);
  std::string_view signature;
  uint64_t size = 0, entriesHere = 0;
  uint32_t firstDisk = 0;
  Directory wide;
  reader.read(zip64EndSignature.size(), signature) && reader.read(size) &&
      reader.skip(2 * sizeof(uint16_t)) && reader.read(disk) &&
      reader.read(firstDisk) && reader.read(entriesHere) &&
      reader.read(wide.entries) && reader.read(wide.bytes) &&
      reader.read(wide.offset);
  auto agrees = [](uint64_t narrow, uint64_t most, uint64_t value) {
    return narrow == most || narrow == value;
  };
  // The record's size does not count its first two fields.
  if (signature != zip64EndSignature || size != zip64EndBytes - 12 ||
      disk != 0 || firstDisk != 0 || entriesHere != wide.entries ||
      !agrees(directory.entries, UINT16_MAX, wide.entries) ||
      !agrees(directory.bytes, UINT32_MAX, wide.bytes) ||
      !agrees(directory.offset, UINT32_MAX, wide.offset))
    return refuse(std::string(broken));
  directory = wide;
  return true;
}

bool ZipReader::readCentralHeader(ByteReader &reader, CentralHeader &header) {
  uint64_t start = reader.position();
  std::string_view signature, extra;
  uint16_t flags = 0, method = 0, nameBytes = 0, extraBytes = 0,
           commentBytes = 0, disk = 0;
  uint32_t storedBytes = 0, bytes = 0, headerOffset = 0;
  bool whole =
      reader.read(centralSignature.size(), signature) &&
      signature == centralSignature && reader.skip(2 * sizeof(uint16_t)) &&
      reader.read(flags) && reader.read(method) &&
      reader.skip(2 * sizeof(uint16_t) + sizeof(uint32_t)) &&
      reader.read(storedBytes) && reader.read(bytes) &&
      reader.read(nameBytes) && reader.read(extraBytes) &&
      reader.read(commentBytes) && reader.read(disk) &&
      reader.skip(sizeof(uint16_t) + sizeof(uint32_t)) &&
      reader.read(headerOffset) && reader.read(nameBytes, header.name) &&
      reader.read(extraBytes, extra) && reader.skip(commentBytes);
  if (!whole)
    return refuse("its zip directory is damaged at byte " +
                  std::to_string(start));
  if (disk != 0 || (flags & unreadableFlags))
    return refuse(describeEntry(header.name) +
                  " is encrypted, a patch or in another file");
  if (method != 0)
    return refuse(describeEntry(header.name) + " is compressed (method " +
                  std::to_string(method) +
                  "); PyTorch stores entries as they are");
  header.bytes = bytes;
  header.headerOffset = headerOffset;
  uint64_t stored = storedBytes;
  if (!readZip64Extra(extra, header, stored))
    return false;
  if (stored != header.bytes)
    return refuse(describeEntry(header.name) + " has two sizes, " +
                  std::to_string(stored) + " and " +
                  std::to_string(header.bytes));
  return true;
}

/// Replaces the fields that are at their largest by those of the extra field.
bool ZipReader::readZip64Extra(std::string_view extra, CentralHeader &header,
                               uint64_t &storedBytes) {
  bool wideBytes = header.bytes == UINT32_MAX;
  bool wideStored = storedBytes == UINT32_MAX;
  bool wideOffset = header.headerOffset == UINT32_MAX;
  if (!wideBytes && !wideStored && !wideOffset)
    return true;
  ByteReader reader(extra);
  uint16_t id = 0, size = 0;
  std::string_view field;
  while (reader.read(id) && reader.read(size) && reader.read(size, field)) {
    if (id != 1)
      continue;
    ByteReader wide(field);
    if ((!wideBytes || wide.read(header.bytes)) &&
        (!wideStored || wide.read(storedBytes)) &&
        (!wideOffset || wide.read(header.headerOffset)))
      return true;
    break;
  }
  return refuse(describeEntry(header.name) + " has no whole zip64 field");
}

/// Finds the entry's content, which follows a header of its own.
bool ZipReader::locate(const CentralHeader &header, const Directory &directory,
                       ZipEntry &entry) {
  std::string bytes;
  uint64_t atLeast = localHeaderBytes + header.name.size();
  if (header.headerOffset > directory.offset ||
      atLeast > directory.offset - header.headerOffset)
    return refuse(describeEntry(header.name) +
                  " is not in front of the zip directory");
  if (!readAt(header.headerOffset, atLeast, bytes))
    return false;
  ByteReader reader(bytes);
  std::string_view signature, name;
  uint16_t method = 0, nameBytes = 0, extraBytes = 0;
  bool whole = reader.read(localSignature.size(), signature) &&
               reader.skip(2 * sizeof(uint16_t)) && reader.read(method) &&
               reader.skip(2 * sizeof(uint16_t) + 3 * sizeof(uint32_t)) &&
               reader.read(nameBytes) && reader.read(extraBytes) &&
               reader.read(nameBytes, name);
  if (!whole || signature != localSignature || method != 0 ||
      name != header.name)
    return refuse(describeEntry(header.name) +
                  " has a header that differs from the zip directory's");
  entry.offset = header.headerOffset + atLeast + extraBytes;
  entry.bytes = header.bytes;
  if (entry.offset > directory.offset ||
      entry.bytes > directory.offset - entry.offset)
    return refuse(describeEntry(header.name) + " has " +
                  std::to_string(entry.bytes) +
                  " bytes, which end behind the start of the zip directory");
  return true;
}

std::optional<ZipDirectory> ZipReader::read() {
  // Whoever looked at the start of a short file has met its end.
  stream.clear();
  stream.seekg(0, std::ios::end);
  std::streamoff end = stream.tellg();
  Directory directory;
  std::string headers;
  if (end < 0) {
    refuse("cannot be read");
    return std::nullopt;
  }
  fileBytes = static_cast<uint64_t>(end);
  if (!findDirectory(directory) ||
      !readAt(directory.offset, directory.bytes, headers))
    return std::nullopt;

  ZipDirectory entries;
  // Each entry from its header to its end.
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  ByteReader reader(headers);
  while (!reader.atEnd()) {
    CentralHeader header;
    ZipEntry entry;
    if (!readCentralHeader(reader, header) || !locate(header, directory, entry))
      return std::nullopt;
    if (!entries.emplace(header.name, entry).second) {
      refuse(describeEntry(header.name) + " is there twice");
      return std::nullopt;
    }
    ranges.emplace_back(header.headerOffset, entry.offset + entry.bytes);
  }
  if (entries.size() != directory.entries) {
    refuse("its zip directory has " + std::to_string(entries.size()) +
           " entries instead of " + std::to_string(directory.entries));
    return std::nullopt;
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first < ranges[i - 1].second) {
      refuse("two zip entries overlap at byte " +
             std::to_string(ranges[i].first));
      return std::nullopt;
    }
  return entries;
}

bool isZip(std::string_view start) { return start.starts_with(localSignature); }

std::optional<ZipDirectory> readZipDirectory(std::istream &stream,
                                             const std::string &file,
                                             std::string &error) {
  ZipReader reader(stream);
  std::optional<ZipDirectory> directory = reader.read();
  if (!directory)
    error = file + ": " + reader.problem;
  return directory;
}

std::optional<std::string> readZipEntry(std::istream &stream,
                                        const ZipEntry &entry, uint64_t most,
                                        const std::string &file,
                                        std::string_view name,
                                        std::string &error) {
  std::string bytes;
  if (entry.bytes > most)
    error = file + ": " + describeEntry(name) + " has " +
            std::to_string(entry.bytes) + " bytes; at most " +
            std::to_string(most) + " are read";
  else if (!readBytes(stream, entry.offset, entry.bytes, bytes))
    error = file + ": " + describeEntry(name) + " cannot be read";
  else
    return bytes;
  return std::nullopt;
}

} // namespace cvt
