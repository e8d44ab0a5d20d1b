#include "function/sealed_cache.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/unique_fd.h"
#include "store/file.h"

namespace weft::function {
namespace {

constexpr std::size_t kMacBytes = std::tuple_size_v<Sha256>;

// Binds bytes to their name, so that entries cannot be swapped.
std::string authenticate(const SealedCache::Key& key, std::string_view name,
                         std::string_view bytes) {
  const std::string_view secret(reinterpret_cast<const char*>(key.data()), key.size());
  return std::string(
      bytes_of(hmac_sha256(secret, {fmt::format("{}:{}:", name.size(), name), bytes})));
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
  std::string key(std::tuple_size_v<SealedCache::Key>, '\0');
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

Result<SealedCache::Key> SealedCache::load_or_make_key(const std::filesystem::path& file,
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

void SealedCache::put(std::string_view name, std::string_view bytes) {
  // Behind the bytes, so that the file can be mapped as what it begins with.
  directory_.put(name, std::string(bytes) + authenticate(key_, name, bytes));
}

bool SealedCache::has(std::string_view name) {
  return directory_.map(name).has_value();
}

std::optional<SealedCache::Entry> SealedCache::map(std::string_view name) {
  auto file = directory_.map(name);
  if (!file) return std::nullopt;
  if (const auto bytes = authentic(name, *file))
    return Entry{.file = *std::move(file), .bytes = *bytes};
  remove(name);
  return std::nullopt;
}

// To look at all of a large entry takes longer than anything else that is done with it. So a file
// that was found to be ours is sealed: its identity is kept with the key's signature. The cache
// itself changes the identity when it marks the entry as used, and then it is sealed anew.
std::optional<std::string_view> SealedCache::authentic(std::string_view name,
                                                       const store::MappedFile& file) {
  const std::string_view all = file.bytes();
  if (all.size() <= kMacBytes) return std::nullopt;
  const std::string_view bytes = all.substr(0, all.size() - kMacBytes);
  const std::string seal_name = fmt::format("seal {}", name);
  const auto seal_of = [&](const std::string& identity) {
    return authenticate(key_, seal_name, identity);
  };
  const auto& identity = file.identity();
  const auto kept = identity ? directory_.get(seal_name) : std::nullopt;
  const bool is_sealed = identity && kept && is_equal(*kept, seal_of(*identity));
  if (!is_sealed && !is_equal(all.substr(bytes.size()), authenticate(key_, name, bytes)))
    return std::nullopt;
  const auto now = identity ? file.identity_now() : std::nullopt;
  if (now && (!is_sealed || now != identity)) directory_.put(seal_name, seal_of(*now));
  return bytes;
}

}  // namespace weft::function
