// A file's bytes without a copy of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace weft::store {

// Movable; the bytes are there as long as it lives. Thread-compatible.
class MappedFile {
 public:
  // Nothing when there is no such file, when it is empty or no regular file, a link in the last
  // part, or cannot be mapped; nor when others than this process's user and root could write to it,
  // which would change the bytes, or make it shorter, which would end the process.
  static std::optional<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(place_), size_bytes_}; }
  int descriptor() const { return descriptor_.get(); }
  // Which file this is and when it was changed last, also in what is not its bytes (its times,
  // say), as it was when it was opened: equal ones had equal bytes, unless somebody set the
  // machine's clock back or wrote to the disk itself. Nothing for a file that had been changed a
  // moment before, as the next change may have the same time.
  const std::optional<std::string>& identity() const { return identity_; }
  // The same as it is now, also for a file that was changed a moment ago: for who knows that nobody
  // but themselves changes it. Nothing when it cannot be read.
  std::optional<std::string> identity_now() const;

 private:
  MappedFile(UniqueFd descriptor, void* place, std::size_t size_bytes,
             std::optional<std::string> identity)
      : descriptor_(std::move(descriptor)),
        place_(place),
        size_bytes_(size_bytes),
        identity_(std::move(identity)) {}

  UniqueFd descriptor_;
  void* place_;  // Null when it was moved from.
  std::size_t size_bytes_;
  std::optional<std::string> identity_;
};

}  // namespace weft::store
