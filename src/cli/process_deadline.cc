#include "cli/process_deadline.h"

#include <algorithm>

#include <poll.h>
#include <unistd.h>

#include "cli/held_signals.h"

namespace weft::cli {
namespace {

// How long the message waits for somebody to read what stands before it.
constexpr std::chrono::milliseconds kPatience{100};

bool takes_more(int descriptor) {
  pollfd state{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&state, 1, static_cast<int>(kPatience.count())) == 1;
}

}  // namespace

ProcessDeadline::~ProcessDeadline() {
  const std::scoped_lock lock(mutex_);
  is_disarmed_ = true;
  changed_.notify_all();
}

Result<> ProcessDeadline::start(std::chrono::microseconds after) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point now = Clock::now();
  const auto longest =
      std::chrono::floor<std::chrono::microseconds>(Clock::time_point::max() - now);
  const Clock::time_point end = now + std::min(after, longest);
  const HeldSignals not_in_that_thread;
  return thread_.start([this, end] { wait_until(end); });
}

void ProcessDeadline::wait_until(std::chrono::steady_clock::time_point end) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, end, [this] { return is_disarmed_; })) expire();
}

// Takes no memory: the guest may have used it up.
void ProcessDeadline::expire() const {
  const std::string& text = replaces_line_ ? message_in_place_ : message_;
  if (takes_more(STDERR_FILENO)) {
    const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(written);  // Nobody is left who could be told.
  }
  ::_exit(exit_code_);
}

}  // namespace weft::cli
