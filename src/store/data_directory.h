// The directory that holds a server's state (docs/formats/data-directory.md), and the lock that
// makes it ours alone.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"
#include "store/file.h"

namespace weft::store {

// Movable. The lock lasts as long as this object.
class DataDirectory {
 public:
  // Creates what is missing (directories 0700) and takes the lock, for which it waits up to a
  // second. kFailedPrecondition when another process still holds it or `path` is no directory;
  // kPermissionDenied and kUnavailable as the system says.
  static Result<DataDirectory> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database_file() const { return path_ / "weft.db"; }
  std::filesystem::path blobs() const { return path_ / "blobs"; }
  // May be deleted at any time.
  std::filesystem::path cache() const { return path_ / "cache"; }

 private:
  DataDirectory(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace weft::store
