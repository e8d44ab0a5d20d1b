#include "cli/local_code.h"

#include <fmt/format.h>

#include "base/id.h"
#include "base/sha256.h"
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

// The user's cache and the key of what is ours in it. Not movable: its entries know the directory.
struct Cache {
  Cache(const std::filesystem::path& path, const function::SealedCache::Key& secret,
        const Clock& clock)
      : directory(path, kCodeCacheBytesMax, clock), key(secret), entries(directory, secret) {}

  store::CacheDirectory directory;
  function::SealedCache::Key key;
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

// Binds a record to the module and the weft that described it.
std::string authenticate(const Cache& cache, std::string_view name, std::string_view record) {
  const std::string_view secret(reinterpret_cast<const char*>(cache.key.data()), cache.key.size());
  return std::string(
      bytes_of(hmac_sha256(secret, {fmt::format("{}:{}:", name.size(), name), record})));
}

std::optional<engine::ModuleInfo> kept_info(Cache& cache, const std::string& name) {
  const auto entry = cache.directory.get(name);
  constexpr std::size_t kMacBytes = std::tuple_size_v<Sha256>;
  if (!entry || entry->size() < kMacBytes) return std::nullopt;
  const std::string_view record = std::string_view(*entry).substr(kMacBytes);
  if (entry->substr(0, kMacBytes) != authenticate(cache, name, record)) return std::nullopt;
  auto info = function::from_record(record);
  if (!info) return std::nullopt;
  return *std::move(info);
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
  if (auto info = kept_info(*cache, name)) return *std::move(info);
  auto info = TRY(engine::inspect(module, accepted));
  const std::string record = function::to_record(info);
  cache->directory.put(name, authenticate(*cache, name, record) + record);
  return info;
}

}  // namespace weft::cli
