// A file of this machine. Private to system.
#pragma once

#include <optional>
#include <string_view>

#include <sys/stat.h>

#include "base/unique_fd.h"
#include "system/open_file.h"

namespace weft::system {

FileStatus file_status_of(const struct stat& status);
FileType file_type_of(mode_t mode);

// Both of them for utimensat(2) and futimens(2).
struct HostTimes {
  explicit HostTimes(const FileTimes& times);
  struct timespec values[2];
};

// Owns a descriptor that does not block. Of a read-only tree not even the times can be changed,
// which the system would allow its owner.
class HostFile final : public OpenFile {
 public:
  // `type`: where it is known, for the system need not be asked then.
  HostFile(UniqueFd descriptor, const StatusFlags& flags, bool read_only,
           std::optional<FileType> type = std::nullopt)
      : descriptor_(std::move(descriptor)), flags_(flags), read_only_(read_only), type_(type) {}

  Attempt<FileStatus> status() override;
  Attempt<FileType> file_type() override;
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  Attempt<std::size_t> read_at(std::span<const Buffer> buffers, std::uint64_t offset) override;
  Attempt<std::size_t> write_at(std::span<const ConstBuffer> buffers,
                                std::uint64_t offset) override;
  Attempt<std::uint64_t> seek(std::int64_t offset, Whence whence) override;
  Attempt<> set_size(std::uint64_t size_bytes) override;
  Attempt<> allocate(std::uint64_t offset, std::uint64_t size_bytes) override;
  Attempt<> sync(bool data_only) override;
  Attempt<> set_times(const FileTimes& times) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  std::optional<Wait> wait(Wait::For what) override;

 private:
  UniqueFd descriptor_;
  StatusFlags flags_;
  bool read_only_;
  std::optional<FileType> type_;
};

}  // namespace weft::system
