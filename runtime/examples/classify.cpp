//===- classify.cpp - Example: the labels of pictures, in C++ -------------===//
//
//   classify model.cvt PICTURE...
//
// Prints a line for each picture: its path and the label that fits best.
//
//===----------------------------------------------------------------------===//

#include "cvt/model.hpp"

#include <algorithm>
#include <iostream>

int main(int argc, char **argv) {
  if (argc < 3) {
    std::cerr << "usage: classify model.cvt PICTURE...\n";
    return 2;
  }
  try {
    cvt::Model model(argv[1]);
    cvt::Session session(model);
    for (int i = 2; i < argc; ++i) {
      std::vector<float> pixels = model.preprocess(argv[i]);
      // A classifier's first output are its logits, (batch, labels).
      const cvt::Tensor logits = session.run(pixels.data(), 1).front();
      auto best = std::max_element(logits.values.begin(), logits.values.end());
      std::cout << argv[i] << ": "
                << model.label(
                       static_cast<size_t>(best - logits.values.begin()))
                << '\n';
    }
  } catch (const cvt::Error &error) {
    std::cerr << "classify: " << error.what() << '\n';
    return 1;
  }
}
