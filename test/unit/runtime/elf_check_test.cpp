//===- elf_check_test.cpp - What an artifact's ELF part may look like -----===//
//
// Shared objects that a linker can make, and such that only a hand can.
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/test_artifact.h"

#include "runtime/src/elf_check.h"

#include <gtest/gtest.h>

#include <cstring>
#include <elf.h>
#include <random>

using namespace cvt;
using namespace cvt::test;

static std::span<const uint8_t> asBytes(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

static std::string check(const std::string &code) {
  return checkElf(asBytes(code)).value_or("");
}

TEST(ElfCheck, AcceptsPlainCode) { EXPECT_EQ(check(loadProgram("good")), ""); }

TEST(ElfCheck, RefusesWhatALinkerCanMake) {
  const std::pair<const char *, const char *> cases[] = {
      {"init_array", "functions that run while it is loaded"},
      {"fini_array", "functions that run while it is loaded"},
      {"undefined", "calls functions that it does not contain"},
      {"needed", "needs other libraries"},
      {"ifunc", "functions that are chosen while it is loaded"},
      {"tls", "entry of type 7"},
      {"export", "imports or exports symbols other than"},
      {"textrel", "modified while it is loaded"},
      {"execstack", "executable stack"},
      {"gnu_hash", "entry that no model needs"},
  };
  for (auto [program, text] : cases) {
    const std::string message = check(loadProgram(program));
    EXPECT_NE(message.find(text), std::string::npos)
        << program << ": " << message;
    // The same with a correct manifest and correct digests.
    Outcome outcome = tryOpen(makeArtifact(
        loadProgram(program), makeManifest().dump(), makeWeights()));
    EXPECT_EQ(outcome.code, CVT_BAD_ARTIFACT) << program;
    EXPECT_NE(outcome.message.find(text), std::string::npos)
        << program << ": " << outcome.message;
  }
}

//===----------------------------------------------------------------------===//
// Edited files
//===----------------------------------------------------------------------===//

namespace {
/// A shared object whose headers can be changed.
struct Editor {
  std::string code = loadProgram("good");

  Elf64_Ehdr &header() { return *reinterpret_cast<Elf64_Ehdr *>(&code[0]); }

  /// The `index`-th program header of that type.
  Elf64_Phdr &segment(uint32_t type, int index = 0) {
    auto *headers = reinterpret_cast<Elf64_Phdr *>(&code[header().e_phoff]);
    for (int i = 0;; ++i)
      if (headers[i].p_type == type && index-- == 0)
        return headers[i];
  }

  Elf64_Dyn &dynamic(int64_t tag) {
    auto *entry =
        reinterpret_cast<Elf64_Dyn *>(&code[segment(PT_DYNAMIC).p_offset]);
    while (entry->d_tag != tag)
      ++entry;
    return *entry;
  }

  /// Addresses of read-only tables equal their offsets.
  template <typename T> T &at(int64_t tag, size_t index = 0) {
    return reinterpret_cast<T *>(&code[dynamic(tag).d_un.d_ptr])[index];
  }
};
} // namespace

using Edit = void (*)(Editor &);

static void expectRefused(const char *text, std::initializer_list<Edit> edits) {
  int number = 0;
  for (Edit edit : edits) {
    Editor editor;
    edit(editor);
    const std::string message = check(editor.code);
    EXPECT_NE(message.find(text), std::string::npos)
        << number << ": \"" << message << "\" instead of \"" << text << "\"";
    ++number;
  }
}

TEST(ElfCheck, Header) {
  expectRefused("64-bit code for Linux",
                {[](Editor &e) { e.header().e_ident[EI_CLASS] = ELFCLASS32; },
                 [](Editor &e) { e.header().e_ident[EI_DATA] = ELFDATA2MSB; },
                 [](Editor &e) { e.header().e_ident[EI_OSABI] = 9; },
                 [](Editor &e) { e.header().e_version = 2; }});
  expectRefused("not a shared object",
                {[](Editor &e) { e.header().e_type = ET_EXEC; },
                 [](Editor &e) { e.header().e_type = ET_REL; }});
  expectRefused("is for machine 183",
                {[](Editor &e) { e.header().e_machine = EM_AARCH64; }});
  expectRefused("program headers are malformed",
                {[](Editor &e) { e.header().e_phnum = 0; },
                 [](Editor &e) { e.header().e_phnum = 0xffff; },
                 [](Editor &e) { e.header().e_phentsize = 32; },
                 [](Editor &e) { e.header().e_phoff = e.code.size() - 8; },
                 [](Editor &e) { e.header().e_phoff = UINT64_MAX - 7; }});
}

TEST(ElfCheck, Segments) {
  expectRefused("both writable and executable",
                {[](Editor &e) { e.segment(PT_LOAD, 1).p_flags |= PF_W; },
                 [](Editor &e) { e.segment(PT_LOAD, 3).p_flags |= PF_X; }});
  expectRefused(
      "a segment of its code is malformed",
      {[](Editor &e) { e.segment(PT_LOAD).p_offset = e.code.size() + 4096; },
       [](Editor &e) { e.segment(PT_LOAD).p_filesz = UINT64_MAX; },
       [](Editor &e) { e.segment(PT_LOAD).p_memsz = UINT64_MAX; },
       [](Editor &e) { e.segment(PT_LOAD).p_memsz += 4096; },
       [](Editor &e) { e.segment(PT_LOAD, 3).p_memsz = uint64_t(1) << 40; },
       [](Editor &e) { e.segment(PT_LOAD, 2).p_vaddr = UINT64_MAX - 4095; },
       [](Editor &e) { e.segment(PT_LOAD, 2).p_vaddr += 8; },
       [](Editor &e) { e.segment(PT_LOAD, 2).p_align = 0; },
       [](Editor &e) { e.segment(PT_LOAD, 2).p_align = 3; },
       [](Editor &e) { e.segment(PT_LOAD, 2).p_flags = 0; }});
  expectRefused("overlap or are out of order",
                {[](Editor &e) { e.segment(PT_LOAD, 2).p_vaddr = 0x1000; },
                 [](Editor &e) { e.segment(PT_LOAD, 0).p_vaddr = 0x10000; }});
  expectRefused("executable stack",
                {[](Editor &e) { e.segment(PT_GNU_STACK).p_type = PT_NOTE; },
                 [](Editor &e) { e.segment(PT_GNU_STACK).p_flags |= PF_X; }});
  expectRefused("entry of type",
                {[](Editor &e) { e.segment(PT_GNU_RELRO).p_type = PT_INTERP; },
                 [](Editor &e) { e.segment(PT_GNU_RELRO).p_type = 12345; }});
  expectRefused("repeat a kind", {[](Editor &e) {
                  e.segment(PT_GNU_RELRO).p_type = PT_DYNAMIC;
                }});
  expectRefused(
      "read-only data is malformed",
      {[](Editor &e) { e.segment(PT_GNU_RELRO).p_vaddr = 0x1000; },
       [](Editor &e) { e.segment(PT_GNU_RELRO).p_memsz = UINT64_MAX; },
       [](Editor &e) { e.segment(PT_GNU_RELRO).p_memsz += 0x10000; }});
}

TEST(ElfCheck, Dynamic) {
  expectRefused(
      "dynamic section is malformed",
      {[](Editor &e) { e.segment(PT_DYNAMIC).p_vaddr = 0; },
       [](Editor &e) { e.segment(PT_DYNAMIC).p_offset -= 16; },
       [](Editor &e) { e.segment(PT_DYNAMIC).p_filesz = 1 << 20; },
       [](Editor &e) { e.segment(PT_DYNAMIC).p_offset = UINT64_MAX; }});
  expectRefused("has no end", {[](Editor &e) {
                  e.segment(PT_DYNAMIC).p_filesz = 3 * sizeof(Elf64_Dyn);
                }});
  expectRefused("needs other libraries",
                {[](Editor &e) { e.dynamic(DT_RELACOUNT).d_tag = DT_NEEDED; }});
  expectRefused(
      "run while it is loaded",
      {[](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_INIT; },
       [](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_FINI; },
       [](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_PREINIT_ARRAY; }});
  expectRefused("entry that no model needs",
                {[](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_RPATH; },
                 [](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = -5; },
                 [](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_AUDIT; }});
  expectRefused("an entry twice",
                {[](Editor &e) { e.dynamic(DT_SYMBOLIC).d_tag = DT_HASH; }});
  expectRefused("flags that no model needs",
                {[](Editor &e) { e.dynamic(DT_FLAGS).d_un.d_val |= 0x10; },
                 [](Editor &e) { e.dynamic(DT_FLAGS_1).d_un.d_val |= 8; }});
  expectRefused("modified while it is loaded", {[](Editor &e) {
                  e.dynamic(DT_FLAGS).d_un.d_val |= DF_TEXTREL;
                }});
}

TEST(ElfCheck, Symbols) {
  expectRefused(
      "hash table is malformed",
      {[](Editor &e) { e.dynamic(DT_HASH).d_un.d_ptr = UINT64_MAX - 3; },
       [](Editor &e) { e.dynamic(DT_HASH).d_tag = DT_SYMBOLIC - 0x10; },
       [](Editor &e) { e.at<uint32_t>(DT_HASH) = 0; },
       [](Editor &e) { e.at<uint32_t>(DT_HASH) = UINT32_MAX; },
       // The one symbol is its own successor: a lookup would not end.
       [](Editor &e) {
         e.at<uint32_t>(DT_HASH, 2 + e.at<uint32_t>(DT_HASH) + 1) = 1;
       },
       [](Editor &e) { e.at<uint32_t>(DT_HASH, 2) = 77; }});
  expectRefused("imports or exports",
                {[](Editor &e) { e.at<uint32_t>(DT_HASH, 1) = 1; },
                 [](Editor &e) { e.at<uint32_t>(DT_HASH, 1) = 3; }});
  expectRefused(
      "symbol table is malformed",
      {[](Editor &e) { e.dynamic(DT_SYMTAB).d_un.d_ptr = 1 << 30; },
       [](Editor &e) { e.dynamic(DT_STRTAB).d_un.d_ptr = UINT64_MAX; },
       [](Editor &e) { e.dynamic(DT_STRSZ).d_un.d_val = 0; },
       [](Editor &e) { e.dynamic(DT_STRSZ).d_un.d_val = UINT64_MAX; },
       [](Editor &e) { e.dynamic(DT_STRSZ).d_un.d_val -= 1; },
       [](Editor &e) { e.dynamic(DT_SYMENT).d_un.d_val = 16; },
       // In writable memory, where relocations could change it.
       [](Editor &e) {
         e.dynamic(DT_SYMTAB).d_un.d_ptr = e.segment(PT_DYNAMIC).p_vaddr;
       }});
  expectRefused("undefined symbol", {[](Editor &e) {
                  e.at<Elf64_Sym>(DT_SYMTAB, 1).st_shndx = SHN_UNDEF;
                }});
  expectRefused("not a plain function",
                {[](Editor &e) {
                   e.at<Elf64_Sym>(DT_SYMTAB, 1).st_info =
                       ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
                 },
                 [](Editor &e) {
                   e.at<Elf64_Sym>(DT_SYMTAB, 1).st_info =
                       ELF64_ST_INFO(STB_GNU_UNIQUE, STT_FUNC);
                 }});
  expectRefused(
      "does not define",
      {[](Editor &e) { e.at<Elf64_Sym>(DT_SYMTAB, 1).st_value = 0; },
       [](Editor &e) { e.at<Elf64_Sym>(DT_SYMTAB, 1).st_value = ~0ull; },
       [](Editor &e) { e.at<Elf64_Sym>(DT_SYMTAB, 1).st_name = 0; },
       [](Editor &e) { e.at<Elf64_Sym>(DT_SYMTAB, 1).st_name = UINT32_MAX; },
       [](Editor &e) { e.at<char>(DT_STRTAB, 1) = 'X'; }});
}

TEST(ElfCheck, Relocations) {
  expectRefused(
      "relocation table is malformed",
      {[](Editor &e) { e.dynamic(DT_RELA).d_un.d_ptr = UINT64_MAX; },
       [](Editor &e) { e.dynamic(DT_RELASZ).d_un.d_val = UINT64_MAX; },
       [](Editor &e) { e.dynamic(DT_RELASZ).d_un.d_val -= 8; },
       [](Editor &e) { e.dynamic(DT_RELAENT).d_un.d_val = 8; },
       [](Editor &e) { e.dynamic(DT_RELACOUNT).d_un.d_val = 1000; }});
  expectRefused("outside of writable data",
                {[](Editor &e) { e.at<Elf64_Rela>(DT_RELA).r_offset = 0; },
                 [](Editor &e) { e.at<Elf64_Rela>(DT_RELA).r_offset = ~0ull; },
                 [](Editor &e) {
                   const Elf64_Phdr &data = e.segment(PT_LOAD, 3);
                   e.at<Elf64_Rela>(DT_RELA).r_offset =
                       data.p_vaddr + data.p_memsz - 7;
                 }});
  expectRefused("refer to symbols", {[](Editor &e) {
                  e.at<Elf64_Rela>(DT_RELA).r_info =
                      ELF64_R_INFO(1, R_X86_64_64);
                }});
  expectRefused("chosen while it is loaded", {[](Editor &e) {
                  e.at<Elf64_Rela>(DT_RELA).r_info =
                      ELF64_R_INFO(0, R_X86_64_IRELATIVE);
                }});
}

TEST(ElfCheck, Notes) {
  auto find = [](Edit edit) {
    Editor editor;
    edit(editor);
    ByteRange note;
    return findNote(asBytes(editor.code), note).value_or("");
  };
  EXPECT_EQ(find([](Editor &) {}), "");
  EXPECT_EQ(find([](Editor &e) { e.segment(PT_NOTE).p_type = PT_PHDR; }),
            "it has no manifest");
  EXPECT_EQ(
      find([](Editor &e) { e.segment(PT_GNU_STACK) = e.segment(PT_NOTE); }),
      "it has several manifests");
  EXPECT_EQ(find([](Editor &e) { e.segment(PT_NOTE).p_offset = 1 << 30; }),
            "an ELF note lies outside of the file");
  EXPECT_EQ(find([](Editor &e) { e.segment(PT_NOTE).p_filesz = UINT64_MAX; }),
            "an ELF note lies outside of the file");
  auto note = [](Editor &e) -> Elf64_Nhdr & {
    static_assert(sizeof(Elf64_Nhdr) == 12);
    return *reinterpret_cast<Elf64_Nhdr *>(
        &e.code[e.segment(PT_NOTE).p_offset]);
  };
  static auto getNote = note;
  EXPECT_EQ(find([](Editor &e) { getNote(e).n_descsz = UINT32_MAX; }),
            "an ELF note lies outside of its segment");
  EXPECT_EQ(find([](Editor &e) { getNote(e).n_namesz = UINT32_MAX; }),
            "an ELF note lies outside of its segment");
  EXPECT_EQ(find([](Editor &e) { getNote(e).n_type = 2; }),
            "it has no manifest");
}

TEST(ElfCheck, RandomDamageStaysInBounds) {
  // Whatever the answer, under the address sanitizer it must not read outside.
  const std::string code = loadProgram("good");
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    // An exact copy on the heap, with nothing readable behind it.
    std::vector<uint8_t> damaged(code.begin(), code.end());
    for (int j = 0; j < 4; ++j) {
      // Most of what is parsed is in the first and the last page.
      const size_t page = random() % 2 ? 0 : damaged.size() - 4096;
      damaged[page + random() % 1024] = static_cast<uint8_t>(random());
    }
    if (random() % 4 == 0)
      damaged.resize(random() % damaged.size());
    damaged.shrink_to_fit();
    ByteRange note;
    if (!findNote(damaged, note)) {
      EXPECT_LE(note.offset, damaged.size());
      EXPECT_LE(note.bytes, damaged.size() - note.offset);
    }
    (void)checkElf(damaged);
  }
}
