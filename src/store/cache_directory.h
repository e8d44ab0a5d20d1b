// What can be made again, kept to save time: compiled code, by any key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace weft::store {

// Thread-safe; several processes may share one directory. Every failure is a miss, never an error:
// the directory and all in it may be deleted at any time. Gives back what was put, but does not
// prove who put it: whoever executes an entry authenticates it first. Calls block on the disk.
class CacheDirectory {
 public:
  // The directory is made (0700) when something is put. `bytes_max` bounds the sum of all entries;
  // the least recently used leave first. `clock` outlives this object.
  CacheDirectory(std::filesystem::path directory, std::uint64_t bytes_max, const Clock& clock);

  // Keeps the bytes under the key, all or nothing; replaces an earlier entry. Does nothing when it
  // cannot or when the entry alone is larger than the directory may be.
  void put(std::string_view key, std::string_view bytes);

  // The entry's bytes; marks it as used.
  std::optional<std::string> get(std::string_view key);

  // The entry's file, for mapping; marks it as used. It may vanish before it is opened (a miss);
  // what is open or mapped stays whole, because entries are replaced and never changed.
  std::optional<std::filesystem::path> path(std::string_view key);

  void remove(std::string_view key);

 private:
  std::filesystem::path file_of(std::string_view key) const;
  void make_room();

  std::filesystem::path directory_;
  std::uint64_t bytes_max_;
  const Clock& clock_;
  Guarded<std::uint64_t> bytes_;  // An estimate, corrected whenever the directory is read.
};

}  // namespace weft::store
