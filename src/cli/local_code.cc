#include "cli/local_code.h"

#include <fmt/format.h>

#include "base/id.h"
#include "base/version.h"
#include "function/code_cache.h"
#include "function/module_record.h"
#include "store/cache_directory.h"
#include "store/file.h"

namespace weft::cli {
namespace {

Result<function::SealedCache::Key> key_of(const std::filesystem::path& directory, Random& random) {
  const std::filesystem::path file = directory / "code.key";
  auto key = function::SealedCache::load_or_make_key(file, random);
  if (key || key.error().code() == ErrorCode::kPermissionDenied) return key;
  // The first run of this user: the directory is not there yet.
  TRY(store::make_directories(directory));
  return function::SealedCache::load_or_make_key(file, random);
}

// What the user's cache has of ours. Not movable: its entries know the directory.
struct Cache {
  Cache(const std::filesystem::path& path, const function::SealedCache::Key& key,
        const Clock& clock)
      : directory(path, kCodeCacheBytesMax, clock), entries(directory, key) {}

  store::CacheDirectory directory;
  function::SealedCache entries;

  // Nothing when there is no cache, or none that can be used.
  static std::unique_ptr<Cache> open(Console& console) {
    const auto directory = cache_directory(console);
    if (!directory) return nullptr;
    const auto key = key_of(*directory, console.random());
    if (!key) return nullptr;
    return std::make_unique<Cache>(*directory / "code", *key, console.clock());
  }
};

}  // namespace

std::optional<std::filesystem::path> cache_directory(const Console& console) {
  if (const auto base = console.variable("XDG_CACHE_HOME"))
    return std::filesystem::path(*base) / "weft";
  if (const auto home = console.variable("HOME"))
    return std::filesystem::path(*home) / ".cache" / "weft";
  return std::nullopt;
}

Result<std::shared_ptr<const engine::Code>> local_code(const engine::Engine& engine,
                                                       std::string_view id, std::string_view module,
                                                       Console& console) {
  const auto cache = Cache::open(console);
  if (!cache) return engine.compile(module);
  // The user's own module, in the process that will run it.
  const function::DirectCompiler compiler;
  return function::CodeCache(cache->entries, compiler).code_of(engine, id, module);
}

Result<engine::ModuleInfo> local_info(std::string_view id, std::string_view module,
                                      const engine::Proposals& accepted, Console& console) {
  if (module.size() < kKeptInfoModuleBytesMin) return engine::inspect(module, accepted);
  const auto cache = Cache::open(console);
  if (!cache) return engine::inspect(module, accepted);
  const std::string name =
      fmt::format("info {}{} {}", kVersion, accepted.threads ? " threads" : "", id);
  if (const auto kept = cache->entries.map(name)) {
    if (auto info = function::from_record(kept->bytes)) return info;
  }
  auto info = TRY(engine::inspect(module, accepted));
  cache->entries.put(name, function::to_record(info));
  return info;
}

}  // namespace weft::cli
