#include "function/code_cache.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/unique_fd.h"
#include "engine/module_info.h"
#include "store/file.h"
#include "store/mapped_file.h"

namespace weft::function {
namespace {

constexpr std::size_t kMacBytes = std::tuple_size_v<Sha256>;

// Binds code to the module and the engine it was compiled for, so that entries cannot be swapped.
std::string authenticate(const CodeCache::Key& key, std::string_view name, std::string_view code) {
  const std::string_view secret(reinterpret_cast<const char*>(key.data()), key.size());
  return std::string(
      bytes_of(hmac_sha256(secret, {fmt::format("{}:{}:", name.size(), name), code})));
}

std::string entry_name(const engine::Engine& engine, std::string_view id) {
  return fmt::format("code {} {}", engine.fingerprint(), id);
}

bool is_equal(std::string_view given, std::string_view mac) {
  return given.size() == mac.size() && CRYPTO_memcmp(given.data(), mac.data(), mac.size()) == 0;
}

std::unexpected<Error> unusable(const std::filesystem::path& file, int error) {
  return fail(ErrorCode::kUnavailable, fmt::format("the cache key {}: {}", file.string(),
                                                   std::system_category().message(error)));
}

// Makes the key in a file of its own and links it into place, so that nobody ever sees half a key,
// also after a power failure; the first wins.
Result<> make_key(const std::filesystem::path& file, Random& random) {
  std::string key(std::tuple_size_v<CodeCache::Key>, '\0');
  random.fill(key.data(), key.size());
  const std::filesystem::path directory = file.has_parent_path() ? file.parent_path() : ".";
  const auto made = store::write_new_file(directory, file.filename().native() + ".", key);
  if (!made) return fail(ErrorCode::kUnavailable, "the cache key: " + made.error().message());
  const bool linked = link(made->c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int error = errno;
  TRY(store::remove_file(*made));
  if (!linked) return unusable(file, error);
  return store::flush_directory(directory);
}

}  // namespace

Result<CodeCache::Key> CodeCache::load_or_make_key(const std::filesystem::path& file,
                                                   Random& random) {
  // A named pipe in its place must not hold us up, nor a link that leads nowhere.
  const UniqueFd existing(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!existing) {
    if (errno != ENOENT) return unusable(file, errno);
    TRY(make_key(file, random));
    return load_or_make_key(file, random);
  }
  struct stat status{};
  if (fstat(existing.get(), &status) != 0) return unusable(file, errno);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0 || status.st_uid != geteuid()) {
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format("the cache key {} must belong to this user alone (mode 0600): delete it",
                    file.string()));
  }
  Key key;
  if (!S_ISREG(status.st_mode) || status.st_size != static_cast<off_t>(key.size()) ||
      read(existing.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the cache key {} is damaged: delete it", file.string()));
  }
  return key;
}

bool CodeCache::keeps(const engine::Engine& engine, std::string_view id) {
  return directory_.map(entry_name(engine, id)).has_value();
}

Result<std::shared_ptr<const engine::Code>> CodeCache::code_of(const engine::Engine& engine,
                                                               std::string_view module) {
  return code_of(engine, content_id(module), module);
}

Result<std::shared_ptr<const engine::Code>> CodeCache::code_of(const engine::Engine& engine,
                                                               std::string_view id,
                                                               std::string_view module) {
  const std::string name = entry_name(engine, id);
  if (auto code = kept(engine, name)) return code;
  const bool is_binary = engine::is_binary_module(module);
  const std::string made =
      is_binary ? std::string() : TRY(engine::to_binary(module, engine::kTextName));
  const std::string bytes = TRY(compiler_.compile(engine, is_binary ? module : made));
  auto code = TRY(engine.load(bytes));
  // Code that cannot be kept still runs.
  directory_.put(name, bytes + authenticate(key_, name, bytes));
  return code;
}

// To look at all of a large entry takes longer than anything else that is done with it. So a file
// that was found to be ours is sealed: its identity is kept with the key's signature.
std::optional<std::string_view> CodeCache::authentic(std::string_view name,
                                                     const store::MappedFile& entry) {
  const std::string_view bytes = entry.bytes();
  if (bytes.size() <= kMacBytes) return std::nullopt;
  // Behind the code, so that the file can be mapped as what it begins with.
  const std::string_view code = bytes.substr(0, bytes.size() - kMacBytes);
  const std::string_view mac = bytes.substr(code.size());
  const auto identity = entry.identity();
  const std::string seal_name = fmt::format("seal {}", name);
  const std::string seal = identity ? authenticate(key_, seal_name, *identity) : std::string();
  if (identity) {
    const auto kept = directory_.get(seal_name);
    if (kept && is_equal(*kept, seal)) return code;
  }
  if (!is_equal(mac, authenticate(key_, name, code))) return std::nullopt;
  if (identity) directory_.put(seal_name, seal);
  return code;
}

std::shared_ptr<const engine::Code> CodeCache::kept(const engine::Engine& engine,
                                                    const std::string& name) {
  const auto entry = directory_.map(name);
  if (!entry) return nullptr;
  if (const auto bytes = authentic(name, *entry)) {
    if (auto code = engine.load_file(*bytes, entry->descriptor())) return *code;
  }
  directory_.remove(name);
  return nullptr;
}

}  // namespace weft::function
