// The end of the process at a deadline: how a guest without interruption is stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/thread_group.h"

namespace weft::cli {

// From `start` on, the process ends with `exit_code` once the time is over, after `message` was
// written to standard error, unless nobody reads that: nothing else of it runs any more. Confined
// to one thread.
class ProcessDeadline {
 public:
  ProcessDeadline(std::string message, int exit_code)
      : message_(std::move(message)), message_in_place_("\r" + message_), exit_code_(exit_code) {}
  ProcessDeadline(const ProcessDeadline&) = delete;
  ProcessDeadline& operator=(const ProcessDeadline&) = delete;
  // Disarms it.
  ~ProcessDeadline();

  // Whether a status line, and nothing of the guest's, may stand on the terminal's line: the
  // message then begins in its place. Any thread.
  void replaces_line(bool replaces) { replaces_line_ = replaces; }

  // Once, before anything of the guest runs: what the deadline needs it has from then on, whatever
  // the guest leaves of the machine. kResourceExhausted when there is no thread left for it.
  Result<> start(std::chrono::microseconds after);

 private:
  static constexpr std::size_t kStackBytes = 256ULL * 1024;

  void wait_until(std::chrono::steady_clock::time_point end);
  [[noreturn]] void expire() const;

  // Longer than every status line, so that nothing of that is left.
  const std::string message_;
  const std::string message_in_place_;
  const int exit_code_;
  std::atomic<bool> replaces_line_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_disarmed_ = false;
  ThreadGroup thread_{"weft-deadline", 1, kStackBytes};  // Uses all of this, so it dies first.
};

}  // namespace weft::cli
