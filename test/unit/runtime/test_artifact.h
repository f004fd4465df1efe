//===- test_artifact.h - Artifacts made without the compiler --------------===//
//
// Puts a manifest and weights around the code of programs/program.c, so that
// the runtime is tested where there is no compiler.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_TEST_UNIT_RUNTIME_TEST_ARTIFACT_H
#define CVT_TEST_UNIT_RUNTIME_TEST_ARTIFACT_H

#include "runtime/include/cvt/cvt.h"
#include "runtime/src/status.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cvt::test {

/// The content of programs/NAME.so.
std::string loadProgram(const std::string &name);

/// The manifest that fits programs/good.so.
nlohmann::json makeManifest();

/// The weights that fit it: two floats, and zeros up to `bytes`.
std::string makeWeights(size_t bytes = 8);

/// An artifact with correct digests whatever `manifest` is.
std::string makeArtifact(const std::string &program,
                         const std::string &manifest,
                         const std::string &weights);

/// makeArtifact of good.so, makeManifest() and makeWeights().
std::string makeGoodArtifact();

/// Writes digests that fit the rest of `artifact`, whose sizes are correct.
void updateDigests(std::string &artifact);

/// Where in `artifact` the descriptor of its note is.
size_t findDescriptor(const std::string &artifact);

/// A file in a directory of this process that is removed at its end.
class TestFile {
public:
  explicit TestFile(const std::string &content);
  TestFile(const TestFile &) = delete;
  ~TestFile();
  const std::string &path() const { return name; }

private:
  std::string name;
};

struct ModelDeleter {
  void operator()(cvt_model *model) const { cvt_model_destroy(model); }
};
struct SessionDeleter {
  void operator()(cvt_session *session) const { cvt_session_destroy(session); }
};
using ModelPtr = std::unique_ptr<cvt_model, ModelDeleter>;
using SessionPtr = std::unique_ptr<cvt_session, SessionDeleter>;

/// Opens `path`; null and a failed expectation if that fails.
ModelPtr openModel(const std::string &path);
SessionPtr openSession(const cvt_model *model, int threads);

/// What opening a file of that content reports, with the path cut off.  Also
/// expects that no code of the file ran.  Code 0: it opened.
struct Outcome {
  int code;
  std::string message;
};
Outcome tryOpen(const std::string &content, bool verifySha256 = false);

/// One image of the test model's input size, with `first` in front of ones.
std::vector<float> makeImage(float first);

} // namespace cvt::test

#endif // CVT_TEST_UNIT_RUNTIME_TEST_ARTIFACT_H
