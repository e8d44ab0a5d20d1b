#include "system/host_file.h"

#include <array>
#include <limits>

#include <fcntl.h>
#include <unistd.h>

#include "system/host_io.h"
#include "system/wait.h"

namespace weft::system {
namespace {

bool fits_offset(std::uint64_t value) {
  return value <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
}

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// The nearest one: file systems tell of years that no FileTime reaches.
FileTime file_time_of(const timespec& time) {
  std::int64_t count = 0;
  if (__builtin_mul_overflow(std::int64_t{time.tv_sec}, kNanosPerSecond, &count) ||
      __builtin_add_overflow(count, std::int64_t{time.tv_nsec}, &count))
    return time.tv_sec < 0 ? FileTime::min() : FileTime::max();
  return FileTime(std::chrono::nanoseconds(count));
}

timespec timespec_of(const std::optional<FileTime>& time) {
  if (!time) return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
  const std::int64_t count = time->time_since_epoch().count();
  const std::int64_t rest = count % kNanosPerSecond;
  const bool before = rest < 0;  // The nanoseconds count from the second below.
  return {.tv_sec = count / kNanosPerSecond - (before ? 1 : 0),
          .tv_nsec = before ? rest + kNanosPerSecond : rest};
}

}  // namespace

FileType file_type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::kRegular;
    case S_IFDIR:
      return FileType::kDirectory;
    case S_IFLNK:
      return FileType::kSymbolicLink;
    case S_IFCHR:
      return FileType::kCharacterDevice;
    case S_IFBLK:
      return FileType::kBlockDevice;
    case S_IFSOCK:
      return FileType::kStreamSocket;
    default:
      return FileType::kUnknown;
  }
}

FileStatus file_status_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .type = file_type_of(status.st_mode),
          .links = status.st_nlink,
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .accessed = file_time_of(status.st_atim),
          .modified = file_time_of(status.st_mtim),
          .changed = file_time_of(status.st_ctim)};
}

HostTimes::HostTimes(const FileTimes& times)
    : values{timespec_of(times.accessed), timespec_of(times.modified)} {}

Attempt<FileStatus> HostFile::status() {
  struct stat status{};
  if (::fstat(descriptor_.get(), &status) != 0) return last_error();
  return file_status_of(status);
}

Attempt<FileType> HostFile::file_type() {
  if (type_) return *type_;
  const auto own = status();
  if (!own) return std::unexpected(own.error());
  type_ = own->type;
  return own->type;
}

Attempt<std::size_t> HostFile::read(std::span<const Buffer> buffers) {
  return read_into(descriptor_.get(), buffers);
}

Attempt<std::size_t> HostFile::write(std::span<const ConstBuffer> buffers) {
  return write_from(descriptor_.get(), buffers);
}

Attempt<std::size_t> HostFile::read_at(std::span<const Buffer> buffers, std::uint64_t offset) {
  if (!fits_offset(offset)) return std::unexpected(Errno::kInvalid);
  const IoVectors vectors(buffers);
  return transfer([&] {
    return ::preadv(descriptor_.get(), vectors.data(), vectors.count(), static_cast<off_t>(offset));
  });
}

Attempt<std::size_t> HostFile::write_at(std::span<const ConstBuffer> buffers,
                                        std::uint64_t offset) {
  if (!fits_offset(offset)) return std::unexpected(Errno::kInvalid);
  const IoVectors vectors(buffers);
  return transfer([&] {
    return ::pwritev(descriptor_.get(), vectors.data(), vectors.count(),
                     static_cast<off_t>(offset));
  });
}

Attempt<std::uint64_t> HostFile::seek(std::int64_t offset, Whence whence) {
  constexpr std::array kWhence = {SEEK_SET, SEEK_CUR, SEEK_END};
  const off_t position =
      ::lseek(descriptor_.get(), offset, kWhence.at(static_cast<std::size_t>(whence)));
  if (position < 0) return last_error();
  return static_cast<std::uint64_t>(position);
}

Attempt<> HostFile::set_size(std::uint64_t size_bytes) {
  if (!fits_offset(size_bytes)) return std::unexpected(Errno::kFileTooLarge);
  return done(::ftruncate(descriptor_.get(), static_cast<off_t>(size_bytes)));
}

Attempt<> HostFile::allocate(std::uint64_t offset, std::uint64_t size_bytes) {
  if (!fits_offset(offset) || !fits_offset(size_bytes))
    return std::unexpected(Errno::kFileTooLarge);
  return done(::fallocate(descriptor_.get(), 0, static_cast<off_t>(offset),
                          static_cast<off_t>(size_bytes)));
}

Attempt<> HostFile::sync(bool data_only) {
  return done(data_only ? ::fdatasync(descriptor_.get()) : ::fsync(descriptor_.get()));
}

Attempt<> HostFile::set_times(const FileTimes& times) {
  if (read_only_) return std::unexpected(Errno::kReadOnlyFileSystem);
  return done(::futimens(descriptor_.get(), HostTimes(times).values));
}

Attempt<> HostFile::set_flags(const StatusFlags& flags) {
  // The system can change no other of them on an open file.
  if (flags.data_synchronised != flags_.data_synchronised ||
      flags.synchronised != flags_.synchronised) {
    return std::unexpected(Errno::kNotSupported);
  }
  if (flags.append != flags_.append) {
    const int host = (flags.append ? O_APPEND : 0) | O_NONBLOCK;
    if (::fcntl(descriptor_.get(), F_SETFL, host) != 0) return last_error();
  }
  flags_ = flags;
  return {};
}

std::optional<std::uint64_t> HostFile::ready(Wait::For what) {
  return ready_bytes(descriptor_.get(), what);
}

Condition HostFile::condition() {
  return condition_of(descriptor_.get());
}

std::optional<Wait> HostFile::wait(Wait::For what) {
  return Wait{.descriptor = descriptor_.get(), .what = what};
}

}  // namespace weft::system
