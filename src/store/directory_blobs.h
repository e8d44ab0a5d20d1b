// Blobs as files of a directory: sha256/ab/cdef… (docs/formats/data-directory.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "store/blobs.h"

namespace weft::store {

// What `get` reads at most: what was put stays there for those who lower their limit later.
inline constexpr std::uint64_t kBlobBytesMax = 1ULL << 30U;

struct DirectoryBlobsOptions {
  // For `put`. Beyond kBlobBytesMax it counts as that.
  std::uint64_t blob_bytes_max = 256ULL << 20U;
};

// A file appears under its name only when its bytes are on the disk, so a crash leaves the whole
// blob or nothing.
class DirectoryBlobs final : public Blobs {
 public:
  // Creates the layout and removes what an earlier crash left half-written. One process at a time
  // uses the directory: the caller holds the lock of its DataDirectory. Errors say what is wrong
  // with the directory, for whoever starts the process; those of the other functions are for
  // clients too, to whom every failure of the disk is kUnavailable.
  static Result<std::unique_ptr<Blobs>> open(const std::filesystem::path& directory,
                                             DirectoryBlobsOptions options = {});

  Result<std::string> put(std::string_view bytes) override;
  Result<> put_as(std::string_view id, std::string_view bytes) override;
  Result<std::string> get(std::string_view id) override;
  Result<bool> contains(std::string_view id) override;
  Result<std::uint64_t> size(std::string_view id) override;
  Result<> remove(std::string_view id) override;

 private:
  DirectoryBlobs(std::filesystem::path directory, DirectoryBlobsOptions options)
      : directory_(std::move(directory)), options_(options) {}

  std::filesystem::path directory_;
  DirectoryBlobsOptions options_;
};

}  // namespace weft::store
