//===- elf_check.cpp - What an artifact's ELF part may look like ----------===//
//
// Everything is read by copying out of the bytes after a bounds check, so
// neither alignment nor overlap in a hostile file matters.
//
//===----------------------------------------------------------------------===//

#include "runtime/src/elf_check.h"

#include "runtime/include/cvt/abi.h"

#include <array>
#include <cstring>
#include <elf.h>
#include <vector>

namespace cvt {

using Bytes = std::span<const uint8_t>;

// More than any artifact has, and little enough for sums not to overflow.
static constexpr uint64_t maxImageBytes = uint64_t(1) << 31;
static constexpr size_t maxProgramHeaders = 32;

/// Whether [offset, offset + bytes) lies in [0, total).
static bool fits(uint64_t offset, uint64_t bytes, uint64_t total) {
  return offset <= total && bytes <= total - offset;
}

/// The T at `offset`; the caller has checked that it is there.
template <typename T> static T read(Bytes bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

static uint64_t roundUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

//===----------------------------------------------------------------------===//
// Headers
//===----------------------------------------------------------------------===//

static Refusal readProgramHeaders(Bytes file, std::vector<Elf64_Phdr> &out) {
  if (file.size() < sizeof(Elf64_Ehdr) ||
      std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    return "it does not start with an ELF header";
  const auto header = read<Elf64_Ehdr>(file, 0);
  const unsigned char *ident = header.e_ident;
  if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB ||
      ident[EI_VERSION] != EV_CURRENT || ident[EI_OSABI] != ELFOSABI_NONE ||
      ident[EI_ABIVERSION] != 0 || header.e_version != EV_CURRENT)
    return "its ELF header is not that of 64-bit code for Linux";
  if (header.e_type != ET_DYN)
    return "its code is not a shared object";
  if (header.e_machine != EM_X86_64)
    return "its code is for machine " + std::to_string(header.e_machine) +
           ", not for x86-64";
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
      header.e_phnum > maxProgramHeaders ||
      !fits(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr), file.size()))
    return "its ELF program headers are malformed";
  for (size_t i = 0; i < header.e_phnum; ++i)
    out.push_back(
        read<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr)));
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Note
//===----------------------------------------------------------------------===//

/// Adds to `found` the descriptors of our notes in one PT_NOTE segment.
static Refusal scanNotes(Bytes file, const Elf64_Phdr &segment,
                         std::vector<ByteRange> &found) {
  constexpr uint64_t nameBytes = sizeof(CVT_NOTE_NAME);
  if (!fits(segment.p_offset, segment.p_filesz, file.size()))
    return "an ELF note lies outside of the file";
  const uint64_t alignment = segment.p_align == 8 ? 8 : 4;
  const uint64_t end = segment.p_offset + segment.p_filesz;
  uint64_t at = segment.p_offset;
  while (end - at >= sizeof(Elf64_Nhdr)) {
    const auto note = read<Elf64_Nhdr>(file, at);
    const uint64_t name = at + sizeof(note);
    // 32-bit sizes: these sums cannot overflow.
    const uint64_t descriptor =
        at + roundUp(sizeof(note) + note.n_namesz, alignment);
    if (!fits(descriptor, note.n_descsz, end))
      return "an ELF note lies outside of its segment";
    if (note.n_type == CVT_NOTE_TYPE && note.n_namesz == nameBytes &&
        std::memcmp(file.data() + name, CVT_NOTE_NAME, nameBytes) == 0)
      found.push_back({descriptor, note.n_descsz});
    at = std::min(end, descriptor + roundUp(note.n_descsz, alignment));
  }
  return std::nullopt;
}

Refusal findNote(Bytes file, ByteRange &out) {
  std::vector<Elf64_Phdr> headers;
  if (Refusal refusal = readProgramHeaders(file, headers))
    return refusal;
  std::vector<ByteRange> found;
  for (const Elf64_Phdr &header : headers)
    if (header.p_type == PT_NOTE)
      if (Refusal refusal = scanNotes(file, header, found))
        return refusal;
  if (found.size() != 1)
    return found.empty() ? "it has no manifest" : "it has several manifests";
  out = found.front();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

namespace {
/// The parts of an ELF file that its checks look at, in the order in which
/// they become trustworthy.
class ElfChecker {
public:
  explicit ElfChecker(Bytes code) : code(code) {}
  Refusal check();

private:
  Refusal checkSegment(const Elf64_Phdr &header);
  Refusal checkLoad(const Elf64_Phdr &load);
  Refusal checkInsideWritable(const Elf64_Phdr &header, const char *what);
  Refusal readDynamic();
  Refusal checkFlags();
  Refusal checkSymbols();
  Refusal checkRelocations();

  const Elf64_Phdr *findLoad(uint64_t address, uint64_t bytes) const;
  bool findTable(uint64_t tag, uint64_t bytes, Bytes &out) const;
  uint64_t get(uint64_t tag) const { return entries[tag].value_or(0); }

  Bytes code;
  std::vector<Elf64_Phdr> loads;
  std::optional<Elf64_Phdr> dynamic, relro, stack;
  /// Entries of the dynamic section by tag, for the tags below DT_ENCODING.
  std::array<std::optional<uint64_t>, DT_ENCODING> entries;
  uint64_t flags1 = 0;
  uint64_t relativeCount = 0;
};
} // namespace

Refusal ElfChecker::check() {
  std::vector<Elf64_Phdr> headers;
  if (Refusal refusal = readProgramHeaders(code, headers))
    return refusal;
  for (const Elf64_Phdr &header : headers)
    if (Refusal refusal = checkSegment(header))
      return refusal;
  if (loads.empty() || !dynamic)
    return "its ELF program headers lack a loadable or a dynamic segment";
  // Without this header, the loader would make all stacks executable.
  if (!stack || (stack->p_flags & PF_X))
    return "its code asks for an executable stack";
  if (relro)
    if (Refusal refusal = checkInsideWritable(*relro, "read-only data"))
      return refusal;
  if (Refusal refusal = checkInsideWritable(*dynamic, "dynamic section"))
    return refusal;
  if (Refusal refusal = readDynamic())
    return refusal;
  if (Refusal refusal = checkFlags())
    return refusal;
  if (Refusal refusal = checkSymbols())
    return refusal;
  return checkRelocations();
}

static Refusal keepOne(std::optional<Elf64_Phdr> &slot,
                       const Elf64_Phdr &header) {
  if (slot)
    return "its ELF program headers repeat a kind that must be unique";
  slot = header;
  return std::nullopt;
}

Refusal ElfChecker::checkSegment(const Elf64_Phdr &header) {
  switch (header.p_type) {
  case PT_LOAD:
    return checkLoad(header);
  case PT_DYNAMIC:
    return keepOne(dynamic, header);
  case PT_GNU_RELRO:
    return keepOne(relro, header);
  case PT_GNU_STACK:
    return keepOne(stack, header);
  case PT_PHDR:
  case PT_NOTE:
    return std::nullopt;
  default:
    return "its ELF program headers have an entry of type " +
           std::to_string(header.p_type) + ", which no model needs";
  }
}

Refusal ElfChecker::checkLoad(const Elf64_Phdr &load) {
  if ((load.p_flags & PF_W) && (load.p_flags & PF_X))
    return "a segment of its code is both writable and executable";
  if (!(load.p_flags & PF_R) || load.p_memsz == 0 ||
      load.p_filesz > load.p_memsz ||
      // Memory behind the file's part is filled with zeros.
      (load.p_filesz < load.p_memsz && !(load.p_flags & PF_W)) ||
      load.p_align != CVT_PAGE_BYTES ||
      load.p_vaddr % CVT_PAGE_BYTES != load.p_offset % CVT_PAGE_BYTES ||
      !fits(load.p_offset, load.p_filesz, code.size()) ||
      !fits(load.p_vaddr, load.p_memsz, maxImageBytes))
    return "a segment of its code is malformed";
  if (!loads.empty()) {
    const Elf64_Phdr &before = loads.back();
    if (load.p_vaddr / CVT_PAGE_BYTES * CVT_PAGE_BYTES <
        roundUp(before.p_vaddr + before.p_memsz, CVT_PAGE_BYTES))
      return "segments of its code overlap or are out of order";
  }
  loads.push_back(load);
  return std::nullopt;
}

Refusal ElfChecker::checkInsideWritable(const Elf64_Phdr &header,
                                        const char *what) {
  const Elf64_Phdr *load = findLoad(header.p_vaddr, header.p_filesz);
  if (load && (load->p_flags & PF_W)) {
    const uint64_t begin = header.p_vaddr - load->p_vaddr;
    // The last page of read-only data may be padded in memory.
    const uint64_t memoryEnd =
        roundUp(load->p_vaddr + load->p_memsz, CVT_PAGE_BYTES) - load->p_vaddr;
    if (header.p_filesz <= header.p_memsz &&
        fits(begin, header.p_filesz, load->p_filesz) &&
        fits(begin, header.p_memsz, memoryEnd) &&
        header.p_offset - load->p_offset == begin)
      return std::nullopt;
  }
  return "the segment of its " + std::string(what) + " is malformed";
}

const Elf64_Phdr *ElfChecker::findLoad(uint64_t address, uint64_t bytes) const {
  for (const Elf64_Phdr &load : loads)
    if (address >= load.p_vaddr &&
        fits(address - load.p_vaddr, bytes, load.p_memsz))
      return &load;
  return nullptr;
}

/// The first `bytes` of the table whose address is the dynamic entry `tag`, if
/// they come from the file and nothing can change them after they were checked
/// here.
bool ElfChecker::findTable(uint64_t tag, uint64_t bytes, Bytes &out) const {
  if (!entries[tag])
    return false;
  const Elf64_Phdr *load = findLoad(*entries[tag], bytes);
  if (!load || (load->p_flags & PF_W))
    return false;
  const uint64_t begin = *entries[tag] - load->p_vaddr;
  if (!fits(begin, bytes, load->p_filesz))
    return false;
  out = code.subspan(load->p_offset + begin, bytes);
  return true;
}

//===----------------------------------------------------------------------===//
// Dynamic section
//===----------------------------------------------------------------------===//

/// Why an artifact must not have an entry with this tag, or null if it may.
static const char *forbid(uint64_t tag) {
  switch (tag) {
  case DT_HASH:
  case DT_STRTAB:
  case DT_SYMTAB:
  case DT_STRSZ:
  case DT_SYMENT:
  case DT_RELA:
  case DT_RELASZ:
  case DT_RELAENT:
  case DT_RELACOUNT:
  case DT_SYMBOLIC:
  case DT_FLAGS:
  case DT_FLAGS_1:
    return nullptr;
  case DT_NEEDED:
    return "its code needs other libraries";
  case DT_INIT:
  case DT_FINI:
  case DT_INIT_ARRAY:
  case DT_FINI_ARRAY:
  case DT_PREINIT_ARRAY:
    return "its code has functions that run while it is loaded or unloaded";
  case DT_PLTGOT:
  case DT_PLTRELSZ:
  case DT_PLTREL:
  case DT_JMPREL:
    return "its code calls functions that it does not contain";
  case DT_TEXTREL:
    return "its code would have to be modified while it is loaded";
  default:
    return "its dynamic section has an entry that no model needs";
  }
}

Refusal ElfChecker::readDynamic() {
  for (uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
    if (!fits(at, sizeof(Elf64_Dyn), dynamic->p_filesz))
      return "its dynamic section has no end";
    const auto entry = read<Elf64_Dyn>(code, dynamic->p_offset + at);
    if (entry.d_tag == DT_NULL)
      return std::nullopt;
    const uint64_t tag = entry.d_tag, value = entry.d_un.d_val;
    if (const char *reason = forbid(tag))
      return reason;
    if (tag == DT_FLAGS_1) {
      flags1 |= value;
    } else if (tag == DT_RELACOUNT) {
      relativeCount = value;
    } else {
      if (entries[tag])
        return "its dynamic section has an entry twice";
      entries[tag] = value;
    }
  }
}

Refusal ElfChecker::checkFlags() {
  if (get(DT_FLAGS) & DF_TEXTREL)
    return forbid(DT_TEXTREL);
  if ((get(DT_FLAGS) & ~uint64_t(DF_BIND_NOW | DF_SYMBOLIC)) ||
      (flags1 & ~uint64_t(DF_1_NOW)))
    return "its dynamic section has flags that no model needs";
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Symbol 0 is nothing, symbol 1 is the query, and the hash table says so.
Refusal ElfChecker::checkSymbols() {
  static constexpr char queryName[] = CVT_QUERY_SYMBOL;
  Bytes symbols, strings, hash;
  if (!findTable(DT_HASH, 2 * sizeof(uint32_t), hash))
    return "its symbol hash table is malformed";
  const auto bucketCount = read<uint32_t>(hash, 0);
  const auto symbolCount = read<uint32_t>(hash, 4);
  if (symbolCount != 2)
    return "its code imports or exports symbols other than " CVT_QUERY_SYMBOL;
  const uint64_t words = uint64_t(2) + bucketCount + symbolCount;
  if (bucketCount == 0 || !findTable(DT_HASH, words * sizeof(uint32_t), hash))
    return "its symbol hash table is malformed";
  bool reachable = false;
  for (uint64_t word = 2; word < words; ++word) {
    const auto symbol = read<uint32_t>(hash, word * sizeof(uint32_t));
    // Chains of one symbol: a lookup ends whatever name it looks for.
    if (symbol > 1 || (word >= 2 + bucketCount && symbol != 0))
      return "its symbol hash table is malformed";
    reachable |= symbol == 1;
  }

  if (get(DT_SYMENT) != sizeof(Elf64_Sym) ||
      !findTable(DT_SYMTAB, symbolCount * sizeof(Elf64_Sym), symbols) ||
      !findTable(DT_STRTAB, get(DT_STRSZ), strings) || strings.empty() ||
      strings.back() != 0)
    return "its symbol table is malformed";
  const auto query = read<Elf64_Sym>(symbols, sizeof(Elf64_Sym));
  if (query.st_shndx == SHN_UNDEF)
    return "its code has an undefined symbol";
  if (ELF64_ST_TYPE(query.st_info) != STT_FUNC ||
      ELF64_ST_BIND(query.st_info) != STB_GLOBAL)
    return "its symbol is not a plain function";
  const Elf64_Phdr *load = findLoad(query.st_value, 1);
  if (!reachable || !load || !(load->p_flags & PF_X) ||
      !fits(query.st_name, sizeof(queryName), strings.size()) ||
      std::memcmp(strings.data() + query.st_name, queryName,
                  sizeof(queryName)) != 0)
    return "its code does not define " CVT_QUERY_SYMBOL;
  return std::nullopt;
}

/// Only "add the load address to this word of writable data".
Refusal ElfChecker::checkRelocations() {
  const uint64_t bytes = get(DT_RELASZ);
  if (!entries[DT_RELA] && bytes == 0 && relativeCount == 0)
    return std::nullopt;
  Bytes table;
  if (get(DT_RELAENT) != sizeof(Elf64_Rela) ||
      bytes % sizeof(Elf64_Rela) != 0 ||
      relativeCount > bytes / sizeof(Elf64_Rela) ||
      !findTable(DT_RELA, bytes, table))
    return "its relocation table is malformed";
  for (uint64_t at = 0; at < bytes; at += sizeof(Elf64_Rela)) {
    const auto relocation = read<Elf64_Rela>(table, at);
    if (relocation.r_info != ELF64_R_INFO(0, R_X86_64_RELATIVE))
      return ELF64_R_TYPE(relocation.r_info) == R_X86_64_IRELATIVE
                 ? "its code has functions that are chosen while it is loaded"
                 : "its code has relocations that refer to symbols";
    const Elf64_Phdr *load = findLoad(relocation.r_offset, sizeof(Elf64_Addr));
    if (!load || !(load->p_flags & PF_W))
      return "a relocation lies outside of writable data";
  }
  return std::nullopt;
}

Refusal checkElf(Bytes code) { return ElfChecker(code).check(); }

} // namespace cvt
