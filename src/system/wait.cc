#include "system/wait.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

namespace weft::system {
namespace {

short events_of(Wait::For what) {
  return what == Wait::For::kReading ? POLLIN : POLLOUT;
}

}  // namespace

std::vector<Watched> watched_by(const std::vector<Wait>& waits) {
  std::vector<Watched> all;
  for (const Wait& wait : waits) {
    const bool reads = wait.what == Wait::For::kReading;
    if (wait.descriptor >= 0)
      all.push_back({.descriptor = wait.descriptor, .reading = reads, .writing = !reads});
  }
  std::ranges::sort(all, {}, &Watched::descriptor);
  std::size_t count = 0;
  for (const Watched& each : all) {
    if (count > 0 && all[count - 1].descriptor == each.descriptor) {
      all[count - 1].reading |= each.reading;
      all[count - 1].writing |= each.writing;
    } else {
      all[count++] = each;
    }
  }
  all.resize(count);
  return all;
}

std::optional<MonotonicTime> earliest_of(const std::vector<Wait>& waits) {
  std::optional<MonotonicTime> earliest;
  for (const Wait& wait : waits) {
    if (wait.until) earliest = earliest ? std::min(*earliest, *wait.until) : *wait.until;
  }
  return earliest;
}

timespec timespec_of(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

void block_until(const std::vector<Wait>& waits, const Clock& clock) {
  std::vector<pollfd> descriptors;
  for (const Watched& each : watched_by(waits)) {
    const int events = (each.reading ? POLLIN : 0) | (each.writing ? POLLOUT : 0);
    descriptors.push_back(
        {.fd = each.descriptor, .events = static_cast<short>(events), .revents = 0});
  }
  const auto earliest = earliest_of(waits);
  if (descriptors.empty() && !earliest) return;
  timespec left{};
  if (earliest) {
    left = timespec_of(std::max(std::chrono::nanoseconds(*earliest - clock.monotonic()),
                                std::chrono::nanoseconds(0)));
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

Condition condition_of(int descriptor) {
  pollfd state{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  ::poll(&state, 1, 0);
  return {.at_end = (state.revents & POLLRDHUP) != 0,
          .hung_up = (state.revents & POLLHUP) != 0,
          .failed = (state.revents & POLLERR) != 0};
}

}  // namespace weft::system
