//===- note.cpp - The manifest's place in the shared object ---------------===//
//
// The object is four sections after an ELF header, written by hand: less to
// read than an assembler set up for one directive.
//
//===----------------------------------------------------------------------===//

#include "compiler/artifact/note.h"

#include "runtime/include/cvt/abi.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace llvm;

namespace cvt::artifact {

/// Name and its NUL, padded to the alignment of notes.
static constexpr uint64_t nameBytes = sizeof(CVT_NOTE_NAME);
static constexpr uint64_t noteHeaderBytes =
    sizeof(ELF::Elf64_Nhdr) + ((nameBytes + 3) & ~uint64_t(3));

template <typename T>
static void put(std::string &bytes, uint64_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

std::string makeNoteObject(uint64_t descriptorBytes) {
  static constexpr char sectionNames[] =
      "\0.note.cvt\0.note.GNU-stack\0.shstrtab";
  enum : uint32_t { NoteName = 1, StackName = 11, NamesName = 27 };
  const uint64_t noteOffset = sizeof(ELF::Elf64_Ehdr);
  const uint64_t noteBytes = noteHeaderBytes + descriptorBytes;
  const uint64_t namesOffset = noteOffset + noteBytes;
  const uint64_t sectionsOffset =
      alignTo(namesOffset + sizeof(sectionNames), 8);

  const ELF::Elf64_Shdr sections[4] = {
      {},
      {NoteName, ELF::SHT_NOTE, ELF::SHF_ALLOC, 0, noteOffset, noteBytes, 0, 0,
       4, 0},
      // Says that this code does not need an executable stack.
      {StackName, ELF::SHT_PROGBITS, 0, 0, namesOffset, 0, 0, 0, 1, 0},
      {NamesName, ELF::SHT_STRTAB, 0, 0, namesOffset, sizeof(sectionNames), 0,
       0, 1, 0}};

  ELF::Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = ELF::EM_X86_64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = sectionsOffset;
  header.e_ehsize = sizeof(ELF::Elf64_Ehdr);
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shstrndx = 3;

  ELF::Elf64_Nhdr note = {};
  note.n_namesz = nameBytes;
  note.n_descsz = descriptorBytes;
  note.n_type = CVT_NOTE_TYPE;

  std::string object(sectionsOffset + sizeof(sections), '\0');
  put(object, 0, header);
  put(object, noteOffset, note);
  std::memcpy(object.data() + noteOffset + sizeof(note), CVT_NOTE_NAME,
              nameBytes);
  std::memcpy(object.data() + namesOffset, sectionNames, sizeof(sectionNames));
  std::memcpy(object.data() + sectionsOffset, sections, sizeof(sections));
  return object;
}

Expected<uint64_t> findNoteDescriptor(StringRef sharedObject) {
  auto file = object::ELF64LEFile::create(sharedObject);
  if (!file)
    return file.takeError();
  auto programHeaders = file->program_headers();
  if (!programHeaders)
    return programHeaders.takeError();
  for (const auto &header : *programHeaders) {
    if (header.p_type != ELF::PT_NOTE)
      continue;
    Error error = Error::success();
    for (const auto &note : file->notes(header, error)) {
      if (note.getName() != CVT_NOTE_NAME || note.getType() != CVT_NOTE_TYPE)
        continue;
      consumeError(std::move(error));
      ArrayRef<uint8_t> descriptor = note.getDesc(header.p_align);
      return descriptor.data() -
             reinterpret_cast<const uint8_t *>(sharedObject.data());
    }
    if (error)
      return error;
  }
  return createStringError("the linked code has lost its manifest note");
}

} // namespace cvt::artifact
