#include "system/wait.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

namespace weft::system {
namespace {

short events_of(Wait::For what) {
  return what == Wait::For::kReading ? POLLIN : POLLOUT;
}

// Each descriptor once, with all that is waited for: the system takes no longer a list than a
// process may have descriptors.
std::vector<pollfd> descriptors_of(const std::vector<Wait>& waits) {
  std::vector<pollfd> all;
  for (const Wait& wait : waits) {
    if (wait.descriptor >= 0)
      all.push_back({.fd = wait.descriptor, .events = events_of(wait.what), .revents = 0});
  }
  std::ranges::sort(all, {}, &pollfd::fd);
  std::size_t count = 0;
  for (const pollfd& each : all) {
    if (count > 0 && all[count - 1].fd == each.fd) {
      all[count - 1].events = static_cast<short>(all[count - 1].events | each.events);
    } else {
      all[count++] = each;
    }
  }
  all.resize(count);
  return all;
}

}  // namespace

void block_until(const std::vector<Wait>& waits, const Clock& clock) {
  std::vector<pollfd> descriptors = descriptors_of(waits);
  std::optional<MonotonicTime> earliest;
  for (const Wait& wait : waits) {
    if (wait.until) earliest = earliest ? std::min(*earliest, *wait.until) : *wait.until;
  }
  if (descriptors.empty() && !earliest) return;
  timespec left{};
  if (earliest) {
    const auto time = std::max(std::chrono::nanoseconds(*earliest - clock.monotonic()),
                               std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    left = {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  }
  ::ppoll(descriptors.data(), descriptors.size(), earliest ? &left : nullptr, nullptr);
}

Result<Bell> Bell::create() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return fail(ErrorCode::kResourceExhausted,
                "the process has no descriptor left: " + std::system_category().message(errno));
  }
  return Bell(std::move(event));
}

void Bell::ring() const {
  // It fails only when it has rung as often as it can count.
  static_cast<void>(::eventfd_write(event_.get(), 1));
}

std::optional<std::uint64_t> ready_bytes(int descriptor, Wait::For what) {
  pollfd state{.fd = descriptor, .events = events_of(what), .revents = 0};
  ::poll(&state, 1, 0);
  if (state.revents == 0) return std::nullopt;
  int bytes = 0;
  if (what == Wait::For::kReading && ::ioctl(descriptor, FIONREAD, &bytes) == 0)
    return static_cast<std::uint64_t>(std::max(bytes, 0));
  return 1;
}

}  // namespace weft::system
