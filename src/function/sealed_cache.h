// Entries of a cache directory that prove to be ours: only somebody who has the key could write
// them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "store/cache_directory.h"
#include "store/mapped_file.h"

namespace weft::function {

// Thread-safe. Blocks: reads and writes.
class SealedCache {
 public:
  using Key = std::array<std::uint8_t, 32>;

  // The key in that file, which is made (0600) when it does not exist. kPermissionDenied when
  // others can read it; kUnavailable when it cannot be read or made.
  static Result<Key> load_or_make_key(const std::filesystem::path& file, Random& random);

  // `directory` outlives this object. Entries are mapped from its files, to which nobody but this
  // process's user may write.
  SealedCache(store::CacheDirectory& directory, const Key& key)
      : directory_(directory), key_(key) {}

  // As CacheDirectory::put.
  void put(std::string_view name, std::string_view bytes);

  struct Entry {
    store::MappedFile file;
    std::string_view bytes;  // what was put: the file begins with it, and it lives as long
  };
  // What was put under that name. An entry that is not ours is removed.
  std::optional<Entry> map(std::string_view name);

  // Whether there is an entry, ours or not.
  bool has(std::string_view name);
  void remove(std::string_view name) { directory_.remove(name); }

 private:
  std::optional<std::string_view> authentic(std::string_view name, const store::MappedFile& file);

  store::CacheDirectory& directory_;
  Key key_;
};

}  // namespace weft::function
