//===- hub_cache.cpp - Models that Hugging Face's tools have downloaded ---===//
//
//   CACHE/models--OWNER--MODEL/refs/main              the commit, in hex
//   CACHE/models--OWNER--MODEL/snapshots/COMMIT/...   links to ../../blobs
//
//===----------------------------------------------------------------------===//

#include "frontend/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>

namespace fs = std::filesystem;

namespace cvt {

static constexpr size_t maxNameBytes = 96;

static bool isLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

/// Whether `part` is the owner's or the model's part of a name.
static bool isNamePart(std::string_view part) {
  auto isOutside = [](char c) { return isLetterOrDigit(c) || c == '_'; };
  return !part.empty() && part.size() <= maxNameBytes &&
         isOutside(part.front()) && isOutside(part.back()) &&
         std::all_of(part.begin(), part.end(), [&](char c) {
           return isOutside(c) || c == '-' || c == '.';
         });
}

bool isHubName(std::string_view name) {
  size_t slash = name.find('/');
  bool partsAreLegal = slash == std::string_view::npos
                           ? isNamePart(name)
                           : isNamePart(name.substr(0, slash)) &&
                                 isNamePart(name.substr(slash + 1));
  return partsAreLegal && name.find("--") == std::string_view::npos &&
         name.find("..") == std::string_view::npos && !name.ends_with(".git");
}

/// A variable's value, with the home folder for ~; empty if it is not set.
static fs::path folderFrom(const char *variable) {
  const char *value = std::getenv(variable);
  std::string text = value ? value : "";
  const char *home = std::getenv("HOME");
  if (home && (text == "~" || text.starts_with("~/")))
    text.replace(0, 1, home);
  return text;
}

fs::path hubCacheFolder() {
  for (const char *variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (fs::path folder = folderFrom(variable); !folder.empty())
      return folder;
  if (fs::path home = folderFrom("HF_HOME"); !home.empty())
    return home / "hub";
  if (fs::path caches = folderFrom("XDG_CACHE_HOME"); !caches.empty())
    return caches / "huggingface" / "hub";
  fs::path home = folderFrom("HOME");
  return home.empty() ? home : home / ".cache" / "huggingface" / "hub";
}

std::string downloadCommand(std::string_view name) {
  return "hf download " + std::string(name);
}

/// The commit in a file of refs/, or empty if it is not one.
static std::string readCommit(const fs::path &path) {
  constexpr size_t sha1Digits = 40;
  std::string commit;
  std::ifstream stream(path);
  if (!(stream >> std::setw(sha1Digits + 1) >> commit) ||
      commit.size() != sha1Digits ||
      !std::all_of(commit.begin(), commit.end(), isLetterOrDigit))
    return "";
  return commit;
}

std::optional<fs::path> findInHubCache(std::string_view name,
                                       std::string &error) {
  std::string folder = "models--" + std::string(name);
  if (size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "--");
  fs::path cache = hubCacheFolder();
  fs::path model = cache / folder;
  std::string commit = readCommit(model / "refs" / "main");
  fs::path snapshot = model / "snapshots" / commit;
  std::error_code status;
  if (!commit.empty() && fs::exists(snapshot / "config.json", status))
    return snapshot;
  error = std::string(name) +
          ": is neither a folder here nor in Hugging Face's cache " +
          cache.string() + "; download it: " + downloadCommand(name);
  return std::nullopt;
}

} // namespace cvt
