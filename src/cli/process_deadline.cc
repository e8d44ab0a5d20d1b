#include "cli/process_deadline.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace weft::cli {

ProcessDeadline::~ProcessDeadline() {
  if (is_armed_) ::timer_delete(timer_);
}

Result<> ProcessDeadline::start(std::chrono::microseconds after) {
  // The kernel's notification runs on a thread of the C library, so it may do more than a signal
  // handler and needs no global object to find its message.
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_ptr = this;
  event.sigev_notify_function = expire;
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
    return fail(ErrorCode::kInternal,
                "cannot set a timer: " + std::system_category().message(errno));
  }
  is_armed_ = true;
  constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
  itimerspec when{};
  when.it_value.tv_sec = after.count() / kMicrosecondsPerSecond;
  when.it_value.tv_nsec = after.count() % kMicrosecondsPerSecond * 1'000;
  if (::timer_settime(timer_, 0, &when, nullptr) != 0) {
    return fail(ErrorCode::kInternal,
                "cannot start a timer: " + std::system_category().message(errno));
  }
  return {};
}

void ProcessDeadline::expire(sigval self) {
  const auto& deadline = *static_cast<const ProcessDeadline*>(self.sival_ptr);
  // Longer than every status line, so that nothing of that is left.
  const std::string text = (deadline.replaces_line_ ? "\r" : "") + deadline.message_;
  const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);  // Nobody is left who could be told.
  ::_exit(deadline.exit_code_);
}

}  // namespace weft::cli
