//===- hub_cache_test.cpp - Names and places of downloaded models ---------===//

#include "frontend/hub_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace cvt {
namespace {

TEST(HubCache, NamesAreAsTheHubAllowsThem) {
  for (const char *name :
       {"microsoft/cvt-13", "gpt2", "a", "A_b.c-d/0.1", "_a"})
    EXPECT_TRUE(isHubName(name)) << name;
  EXPECT_TRUE(isHubName(std::string(96, 'a')));
  EXPECT_FALSE(isHubName(std::string(97, 'a')));
  for (const char *name :
       {"", "/", "a/", "/a", "a/b/c", "..", "../a", "a/..", ".a", "a.", "-a",
        "a-", "a..b", "a--b", "a b", "a\\b", "a/b.git", "\xc3\xa4/b", "a\n"})
    EXPECT_FALSE(isHubName(name)) << name;
  EXPECT_FALSE(isHubName(std::string_view("a\0b", 3)));
}

} // namespace
} // namespace cvt
