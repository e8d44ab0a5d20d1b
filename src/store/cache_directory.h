// What can be made again, kept to save time: compiled code, by any key.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "store/mapped_file.h"

namespace weft::store {

// Thread-safe; several processes may share one directory. Every failure is a miss, never an error:
// the directory and all in it may be deleted at any time. Gives back what was put, but does not
// prove who put it: whoever executes an entry authenticates it first. Calls block on the disk.
class CacheDirectory {
 public:
  // Not each use changes the entry's file.
  static constexpr std::chrono::hours kUseGranularity{1};

  // The directory is made (0700) when something is put. `bytes_max` bounds the sum of all entries
  // once something was put; the least recently used leave first. Opening it and getting from it
  // take no longer where there are many. `clock` outlives this object.
  CacheDirectory(std::filesystem::path directory, std::uint64_t bytes_max, const Clock& clock);

  // Keeps the bytes under the key, all or nothing; replaces an earlier entry. Does nothing when it
  // cannot or when the entry alone is larger than the directory may be.
  void put(std::string_view key, std::string_view bytes);

  // The entry's bytes; marks it as used, as exactly as kUseGranularity.
  std::optional<std::string> get(std::string_view key);

  // The entry, mapped, and then marked as used, which changes the file's identity_now(). What is
  // mapped stays whole, because entries are replaced and never changed.
  std::optional<MappedFile> map(std::string_view key);

  void remove(std::string_view key);

 private:
  std::filesystem::path file_of(std::string_view key) const;
  void mark_used(const std::filesystem::path& file) const;
  void make_room();

  std::filesystem::path directory_;
  std::uint64_t bytes_max_;
  const Clock& clock_;
  // An estimate, corrected whenever the directory is read; nothing before the first time.
  Guarded<std::optional<std::uint64_t>> bytes_;
};

}  // namespace weft::store
