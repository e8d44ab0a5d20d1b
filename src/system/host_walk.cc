#include "system/host_walk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::system {
namespace {

// As many as Linux follows in one path.
constexpr int kLinksMax = 40;

std::unexpected<Errno> last_error() {
  return std::unexpected(errno_of(errno));
}

bool is_end(std::string_view rest) {
  return rest.find_first_not_of('/') == std::string_view::npos;
}

bool is_link(int directory, const std::string& name) {
  struct stat status{};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(status.st_mode);
}

}  // namespace

Attempt<std::string> host_link_target(int directory, const char* name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(directory, name, target.data(), target.size());
  if (size < 0) return last_error();
  if (static_cast<std::size_t>(size) == target.size()) return std::unexpected(Errno::kNameTooLong);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

Attempt<UniqueFd> HostWalk::open(int flags, mode_t mode) {
  for (std::string name = take_name(); !name.empty(); name = take_name()) {
    if (name == "..") {
      if (const auto up = go_up(); !up) return std::unexpected(up.error());
      continue;
    }
    if (!rest_.empty()) {
      const auto down = go_down(name);
      // With a slash behind it, no file can be made of it.
      const bool makes_nothing = (flags & O_CREAT) != 0 && is_end(rest_);
      if (!down && down.error() == Errno::kNoEntry && makes_nothing)
        return std::unexpected(Errno::kIsDirectory);
      if (!down) return std::unexpected(down.error());
      continue;
    }
    auto last = open_last(name, flags, mode);
    if (!last || *last) return last;
  }
  UniqueFd here(::openat(current(), ".", flags, mode));
  if (!here) return last_error();
  return here;
}

std::string HostWalk::take_name() {
  std::string name;
  while (!rest_.empty() && (name.empty() || name == ".")) {
    const std::size_t begin = std::min(rest_.find_first_not_of('/'), rest_.size());
    const std::size_t end = std::min(rest_.find('/', begin), rest_.size());
    name = rest_.substr(begin, end - begin);
    rest_.erase(0, end);
  }
  return name == "." ? std::string() : name;
}

Attempt<> HostWalk::go_up() {
  if (passed_.empty()) return std::unexpected(Errno::kNotPermitted);
  passed_.pop_back();
  return {};
}

Attempt<> HostWalk::go_down(const std::string& name) {
  UniqueFd next(::openat(current(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const int why = errno;
  if (next) {
    passed_.push_back(std::move(next));
    return {};
  }
  const auto followed = follow(name);
  if (!followed) return std::unexpected(followed.error());
  if (!*followed) return std::unexpected(errno_of(why));
  return {};
}

Attempt<UniqueFd> HostWalk::open_last(const std::string& name, int flags, mode_t mode) {
  UniqueFd last(::openat(current(), name.c_str(), flags | O_NOFOLLOW, mode));
  const int why = errno;
  // A link is opened itself where only the path counts, and refused in one of two ways otherwise.
  const bool may_be_link = last ? (flags & O_PATH) != 0 : why == ELOOP || why == ENOTDIR;
  if ((flags & O_NOFOLLOW) == 0 && may_be_link && is_link(current(), name)) {
    const auto followed = follow(name);
    if (!followed) return std::unexpected(followed.error());
    if (*followed) return UniqueFd();
  }
  if (!last) return std::unexpected(errno_of(why));
  return last;
}

Attempt<bool> HostWalk::follow(const std::string& name) {
  auto target = host_link_target(current(), name.c_str());
  if (!target) return false;
  if (++links_ > kLinksMax) return std::unexpected(Errno::kLinkLoop);
  if (target->starts_with('/')) return std::unexpected(Errno::kNotPermitted);
  if (target->size() + rest_.size() >= PATH_MAX) return std::unexpected(Errno::kNameTooLong);
  rest_ = *target + rest_;
  return true;
}

}  // namespace weft::system
