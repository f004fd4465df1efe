//===- shim_object.cpp - The compiled shim, as bytes ----------------------===//
//
// C++20 has no #embed, so the assembler includes the file.
//
//===----------------------------------------------------------------------===//

#include "compiler/artifact/shim_object.h"

__asm__(".pushsection .rodata.cvt_shim_object, \"a\", @progbits\n"
        ".balign 8\n"
        "cvtShimObjectBegin:\n"
        ".incbin \"" CVT_SHIM_OBJECT "\"\n"
        "cvtShimObjectEnd:\n"
        ".popsection\n");

extern "C" {
extern const char cvtShimObjectBegin[];
extern const char cvtShimObjectEnd[];
}

llvm::StringRef cvt::artifact::getShimObject() {
  return llvm::StringRef(cvtShimObjectBegin,
                         cvtShimObjectEnd - cvtShimObjectBegin);
}
