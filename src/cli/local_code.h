// Compiled code for commands that run on this machine, kept in the user's cache.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"
#include "engine/engine.h"

namespace weft::cli {

// $XDG_CACHE_HOME/weft, else ~/.cache/weft; nothing when neither variable is set.
std::optional<std::filesystem::path> cache_directory(const Console& console);

// How much compiled code the cache keeps.
inline constexpr std::uint64_t kCodeCacheBytesMax = 1ULL << 30U;

// The code of a valid binary module. Taken from the cache when it is there, kept there when it can
// be: a cache that cannot be used is no error. Errors of Engine::compile.
Result<std::shared_ptr<const engine::Code>> local_code(const engine::Engine& engine,
                                                       std::string_view module, Console& console);

}  // namespace weft::cli
