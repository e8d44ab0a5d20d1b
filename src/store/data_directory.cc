#include "store/data_directory.h"

#include <array>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unique_fd.h"

namespace weft::store {
namespace {

constexpr const char* kLockName = "lock";

// A server that was killed while it started a child has the lock until the child has begun.
constexpr int kLooks = 50;
constexpr int kLookAgainMs = 20;

// " (process 123)" from a held lock file; empty when it does not say.
std::string holder_of(const UniqueFd& lock) {
  std::array<char, 20> text{};
  const ssize_t got = ::pread(lock.get(), text.data(), text.size(), 0);
  if (got <= 0) return "";
  int process = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + got, process);
  return problem == std::errc() ? fmt::format(" (process {})", process) : "";
}

// So that the one who finds the lock taken can say by whom. Only a courtesy: failures do not
// matter.
void write_holder(const UniqueFd& lock) {
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(lock.get(), text.data(), text.size(), 0);
}

Result<UniqueFd> take_lock(const std::filesystem::path& directory) {
  const auto path = directory / kLockName;
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail(system_error(errno, "open the lock file", path));
  int looks = 0;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK && ++looks < kLooks) {
      ::poll(nullptr, 0, kLookAgainMs);
      continue;
    }
    if (errno != EWOULDBLOCK) return fail(system_error(errno, "lock", path));
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format(
            "the data directory {} is in use by another weft{}; stop that one or choose another "
            "directory",
            printable(directory.native()), holder_of(lock)));
  }
  write_holder(lock);
  return lock;
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::filesystem::path& path) {
  TRY(make_directories(path));
  UniqueFd lock = TRY(take_lock(path));
  DataDirectory directory(path, std::move(lock));
  TRY(make_directories(directory.blobs()));
  TRY(make_directories(directory.cache()));
  return directory;
}

}  // namespace weft::store
