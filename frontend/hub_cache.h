//===- hub_cache.h - Models that Hugging Face's tools have downloaded -----===//
//
// The cache of huggingface_hub, read as it is on disk; nothing is downloaded.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_HUB_CACHE_H
#define CVT_FRONTEND_HUB_CACHE_H

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace cvt {

/// Whether `name` is one that the Hub allows: MODEL or OWNER/MODEL of letters,
/// digits, '-', '_' and '.', at most 96 characters each, as huggingface_hub
/// checks it.  Such a name stays inside the cache's folder.
bool isHubName(std::string_view name);

/// $HF_HUB_CACHE (or its old name $HUGGINGFACE_HUB_CACHE), else $HF_HOME/hub,
/// else $XDG_CACHE_HOME/huggingface/hub, else
/// ~/.cache/huggingface/hub.  Empty if the user has no home.
std::filesystem::path hubCacheFolder();

/// The command that downloads a model.
std::string downloadCommand(std::string_view name);

/// The folder of the newest downloaded snapshot (of the branch main) of a
/// model; `name` must be isHubName.  Returns nothing and sets `error` to one
/// sentence, with the command that downloads it, if it is not there.
std::optional<std::filesystem::path> findInHubCache(std::string_view name,
                                                    std::string &error);

} // namespace cvt

#endif // CVT_FRONTEND_HUB_CACHE_H
