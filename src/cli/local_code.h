// Compiled code and descriptions of modules for commands that run on this machine, kept in the
// user's cache.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"
#include "engine/engine.h"
#include "engine/module_info.h"

namespace weft::cli {

// $XDG_CACHE_HOME/weft, else ~/.cache/weft; nothing when neither variable is set.
std::optional<std::filesystem::path> cache_directory(const Console& console);

// How much the cache keeps, nearly all of it code.
inline constexpr std::uint64_t kCodeCacheBytesMax = 1ULL << 30U;

// The code of a valid binary module whose content id is `id`. Taken from the cache when it is
// there, kept there when it can be: a cache that cannot be used is no error. Errors of
// Engine::compile.
Result<std::shared_ptr<const engine::Code>> local_code(const engine::Engine& engine,
                                                       std::string_view id, std::string_view module,
                                                       Console& console);

// The smallest module whose description is kept: reading a smaller one again takes no longer.
inline constexpr std::size_t kKeptInfoModuleBytesMin = 128UZ * 1024;

// What engine::inspect says about a binary module whose content id is `id`: taken from the cache
// when an entry there proves to be ours, kept there when it can be. Errors of engine::inspect.
Result<engine::ModuleInfo> local_info(std::string_view id, std::string_view module,
                                      const engine::Proposals& accepted, Console& console);

}  // namespace weft::cli
