#include "store/file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unique_fd.h"

namespace weft::store {
namespace {

constexpr mode_t kDirectoryMode = 0700;

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return ErrorCode::kFailedPrecondition;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ESTALE:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

int open_retrying(const char* path, int flags) {
  int descriptor = -1;
  do {
    descriptor = ::open(path, flags | O_CLOEXEC);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// Nothing when all of it is written and flushed, otherwise errno.
std::optional<int> write_and_flush(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) return errno;
  return std::nullopt;
}

}  // namespace

Error system_error(int error_number, std::string_view what, const std::filesystem::path& path) {
  std::string message = fmt::format("cannot {} {}: {}", what, printable(path.native()),
                                    std::generic_category().message(error_number));
  if (error_number == ENOSPC || error_number == EDQUOT) {
    message += "; free some space there and try again";
    return Error(code_of(error_number), std::move(message)).telling_clients(kNoSpaceTold);
  }
  return Error(code_of(error_number), std::move(message));
}

Result<> make_directories(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  int made = ::mkdir(path.c_str(), kDirectoryMode);
  if (made != 0 && errno == ENOENT && !parent.empty() && parent != path) {
    TRY(make_directories(parent));
    // Where it still fails, the parent is one in which nobody makes directories, as of /proc.
    made = ::mkdir(path.c_str(), kDirectoryMode);
  }
  if (made == 0) return flush_directory(parent.empty() ? "." : parent);
  if (errno != EEXIST) return fail(system_error(errno, "create the directory", path));
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return fail(system_error(errno, "look at", path));
  if (!S_ISDIR(found.st_mode)) return fail(system_error(ENOTDIR, "use as a directory", path));
  return {};
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::uint64_t bytes_max) {
  // Not blocking, because a name that should be a file may have become a pipe.
  const UniqueFd file(open_retrying(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    return fail(system_error(errno, "open", path));
  }
  struct stat found{};
  if (::fstat(file.get(), &found) != 0) return fail(system_error(errno, "look at", path));
  if (!S_ISREG(found.st_mode)) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} is not a regular file", printable(path.native())));
  }
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size > bytes_max) {
    return fail(ErrorCode::kTooLarge, fmt::format("{} has {} bytes, at most {} are read",
                                                  printable(path.native()), size, bytes_max));
  }
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error(errno, "read", path));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<std::filesystem::path> write_new_file(const std::filesystem::path& directory,
                                             std::string_view prefix, std::string_view bytes) {
  std::string name = (directory / fmt::format("{}XXXXXX", prefix)).native();
  const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return fail(system_error(errno, "create a file in", directory));
  if (const auto error_number = write_and_flush(file.get(), bytes)) {
    ::unlink(name.c_str());
    return fail(system_error(*error_number, "write", name));
  }
  return std::filesystem::path(std::move(name));
}

Result<> flush_directory(const std::filesystem::path& path) {
  const UniqueFd directory(open_retrying(path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!directory) return fail(system_error(errno, "open the directory", path));
  // EINVAL: a file system that cannot flush directories does not need it.
  if (::fsync(directory.get()) != 0 && errno != EINVAL) {
    return fail(system_error(errno, "flush the directory", path));
  }
  return {};
}

Result<> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return fail(system_error(errno, "rename a file to", to));
  return {};
}

Result<bool> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return fail(system_error(errno, "remove", path));
}

}  // namespace weft::store
