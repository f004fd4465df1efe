//===- verify.h - What a number format costs in accuracy ------------------===//

#ifndef CVT_TOOLS_CVT_COMPILE_VERIFY_H
#define CVT_TOOLS_CVT_COMPILE_VERIFY_H

#include <cstdint>
#include <string>
#include <vector>

namespace cvt {

/// How far an output is from what it should be, relative to its spread: the
/// root mean square, over all its elements, of what they differ by from their
/// mean over the inputs.  That spread is all that tells one input from another.
struct OutputError {
  std::string name;
  double rms;
  double largest;
};

struct Comparison {
  int64_t inputs = 0;
  std::vector<OutputError> outputs;
  /// Pictures that were left out: name and why, a sentence each.
  std::vector<std::string> unreadable;
};

/// Runs `artifact` and `reference`, which have the same inputs and outputs, on
/// the pictures in the folder `inputs`, or if that is "random" on 16 inputs of
/// normal random numbers, always the same.  Throws a run::Failure if one cannot
/// be opened or run here, or takes no pictures, or there are not at least two
/// inputs.
Comparison compareArtifacts(const std::string &artifact,
                            const std::string &reference,
                            const std::string &inputs, unsigned threads);

} // namespace cvt

#endif // CVT_TOOLS_CVT_COMPILE_VERIFY_H
