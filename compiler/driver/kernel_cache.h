//===- kernel_cache.h - Compiled kernels in a folder ----------------------===//
//
// Kernels that any earlier run compiled, one file each.  Nothing in the folder
// is trusted to be whole or to be what its name says: an entry is used only if
// its digest and its key are right.  That finds accidents; who can write to the
// folder can put code there, so only folders of this user's are used.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_COMPILER_DRIVER_KERNEL_CACHE_H
#define CVT_COMPILER_DRIVER_KERNEL_CACHE_H

#include "compiler/kernels/compile_kernel.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>

namespace cvt {

/// Shared freely by threads, and its folder by processes: entries appear whole,
/// by rename, and may disappear at any time.
class KernelCache {
public:
  static constexpr uint64_t kDefaultMaxBytes = uint64_t(256) << 20;

  /// $XDG_CACHE_HOME/cvtc or ~/.cache/cvtc; empty if there is neither.
  static std::string defaultFolder();

  /// Makes `folder` if it is not there, with access for this user only.
  /// `generator` names all that kernels depend on beside their symbol.  Fails
  /// if there is no such folder then, or if it is another user's or open to a
  /// group's or every user's writing.
  static llvm::Expected<KernelCache> open(std::string folder,
                                          std::string generator,
                                          uint64_t maxBytes = kDefaultMaxBytes);

  /// The kernel called `symbol`, if it is here; it then counts as used last.
  /// An error says how its entry is damaged or why it cannot be read; storing
  /// the kernel repairs it.
  llvm::Expected<std::optional<kernels::CompiledKernel>>
  find(const std::string &symbol) const;

  /// Keeps `kernel`, in place of the entry of that symbol if there is one.
  llvm::Error store(const kernels::CompiledKernel &kernel) const;

  /// Removes what was not used for longest until no more than `maxBytes` are
  /// left, and what killed processes left unfinished.  Touches no file but
  /// those of caches.
  llvm::Error trim() const;

  const std::string &path() const { return folder; }

private:
  KernelCache(std::string folder, std::string generator, uint64_t maxBytes)
      : folder(std::move(folder)), generator(std::move(generator)),
        maxBytes(maxBytes) {}

  std::string keyOf(const std::string &symbol) const;
  std::string entryPath(const std::string &key) const;

  std::string folder;
  std::string generator;
  uint64_t maxBytes;
};

} // namespace cvt

#endif // CVT_COMPILER_DRIVER_KERNEL_CACHE_H
