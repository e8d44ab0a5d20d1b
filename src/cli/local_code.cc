#include "cli/local_code.h"

#include "function/code_cache.h"
#include "store/cache_directory.h"
#include "store/file.h"

namespace weft::cli {
namespace {

Result<function::CodeCache::Key> key_of(const std::filesystem::path& directory, Random& random) {
  const std::filesystem::path file = directory / "code.key";
  auto key = function::CodeCache::load_or_make_key(file, random);
  if (key || key.error().code() == ErrorCode::kPermissionDenied) return key;
  // The first run of this user: the directory is not there yet.
  TRY(store::make_directories(directory));
  return function::CodeCache::load_or_make_key(file, random);
}

}  // namespace

std::optional<std::filesystem::path> cache_directory(const Console& console) {
  if (const auto base = console.variable("XDG_CACHE_HOME"))
    return std::filesystem::path(*base) / "weft";
  if (const auto home = console.variable("HOME"))
    return std::filesystem::path(*home) / ".cache" / "weft";
  return std::nullopt;
}

Result<std::shared_ptr<const engine::Code>> local_code(const engine::Engine& engine,
                                                       std::string_view module, Console& console) {
  const auto directory = cache_directory(console);
  if (!directory) return engine.compile(module);
  const auto key = key_of(*directory, console.random());
  if (!key) return engine.compile(module);
  store::CacheDirectory cache(*directory / "code", kCodeCacheBytesMax, console.clock());
  return function::CodeCache(cache, *key).code_of(engine, module);
}

}  // namespace weft::cli
