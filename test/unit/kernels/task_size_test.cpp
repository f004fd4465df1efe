//===- task_size_test.cpp - How products are cut into chunks and tasks ----===//

#include "compiler/kernels/task_size.h"

#include <gtest/gtest.h>

using namespace cvt::kernels;

TEST(TaskSize, CutsIntoTheLongestEvenChunks) {
  EXPECT_EQ(evenChunk(1536, /*longest=*/256, /*shortest=*/128), 256);
  EXPECT_EQ(evenChunk(384, 256, 128), 192);
  EXPECT_EQ(evenChunk(256, 256, 128), 256);
  // 384 in thirds are the longest below 130.
  EXPECT_EQ(evenChunk(384, 130, 64), 128);
}

TEST(TaskSize, LeavesWholeWhatHasNoEvenChunks) {
  EXPECT_EQ(evenChunk(50, /*longest=*/96, /*shortest=*/48), 50);
  // 5 times 29.
  EXPECT_EQ(evenChunk(145, 96, 48), 145);
  EXPECT_EQ(evenChunk(577, 96, 48), 577);
}

TEST(TaskSize, GivesTwoThreadsEqualShares) {
  EXPECT_EQ(stepsPerHalf(/*steps=*/33, /*perTask=*/9), 17);
  EXPECT_EQ(stepsPerHalf(32, 4), 16);
  // One task has more than half of them.
  EXPECT_EQ(stepsPerHalf(10, 8), 8);
}

// 16 us of 8 lanes are 32768 * 8 * 4 multiply-adds, of which one step is more.
TEST(TaskSize, CutsManyStepsIntoMultiplesOfFourTasks) {
  EXPECT_EQ(stepsPerTask(/*steps=*/50, /*multiplyAdds=*/2 << 20, /*panels=*/64,
                         /*lanes=*/8),
            1);
  // 25 steps would be cut into 3 tasks of 10, so they are cut into 4 of 7.
  EXPECT_EQ(stepsPerTask(25, 26214, 1, 8), 7);
  // All in one task of less than 4 us.
  EXPECT_EQ(stepsPerTask(4, 1000, 1, 8), 4);
}
