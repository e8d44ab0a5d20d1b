#include "store/mapped_file.h"

#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace weft::store {
namespace {

// File systems keep times to the clock's tick, and some to the second.
constexpr time_t kTimeGranularitySeconds = 1;

std::string identity_of(const struct stat& found) {
  return fmt::format("{} {} {} {}.{:09}", found.st_dev, found.st_ino, found.st_size,
                     found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
}

bool has_settled(const struct stat& found) {
  timespec now{};
  return ::clock_gettime(CLOCK_REALTIME, &now) == 0 &&
         now.tv_sec - found.st_ctim.tv_sec > kTimeGranularitySeconds;
}

}  // namespace

std::optional<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat found{};
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_size <= 0)
    return std::nullopt;
  const bool is_trusted = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!is_trusted || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(found.st_size);
  void* const place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (place == MAP_FAILED) return std::nullopt;
  return MappedFile(std::move(file), place, size,
                    has_settled(found) ? std::optional(identity_of(found)) : std::nullopt);
}

std::optional<std::string> MappedFile::identity_now() const {
  struct stat found{};
  if (::fstat(descriptor_.get(), &found) != 0) return std::nullopt;
  return identity_of(found);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      place_(std::exchange(other.place_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      identity_(std::move(other.identity_)) {}

MappedFile::~MappedFile() {
  if (place_ != nullptr) ::munmap(place_, size_bytes_);
}

}  // namespace weft::store
