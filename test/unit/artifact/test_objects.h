//===- test_objects.h - Object files for these tests ----------------------===//
//
// Made from C at build time.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_ARTIFACT_TEST_OBJECTS_H
#define CVT_TEST_UNIT_ARTIFACT_TEST_OBJECTS_H

#include "compiler/artifact/link.h"

#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace cvt::test {

/// objects/NAME.o, and its bytes.
struct ObjectFile {
  explicit ObjectFile(const std::string &name)
      : buffer(llvm::cantFail(llvm::errorOrToExpected(
            llvm::MemoryBuffer::getFile(CVT_TEST_OBJECTS "/" + name + ".o")))),
        object{name, buffer->getBuffer()} {}

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  artifact::Object object;
};

} // namespace cvt::test

#endif // CVT_TEST_UNIT_ARTIFACT_TEST_OBJECTS_H
