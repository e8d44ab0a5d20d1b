// The end of the process at a deadline: how a guest without interruption is stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <string>

#include "base/result.h"

namespace weft::cli {

// From `start` on, the process ends with `exit_code` once the time is over, after `message` was
// written to standard error; nothing else of it runs any more. Confined to one thread.
class ProcessDeadline {
 public:
  ProcessDeadline(std::string message, int exit_code)
      : message_(std::move(message)), exit_code_(exit_code) {}
  ProcessDeadline(const ProcessDeadline&) = delete;
  ProcessDeadline& operator=(const ProcessDeadline&) = delete;
  // Disarms it.
  ~ProcessDeadline();

  // Whether a status line, and nothing of the guest's, may stand on the terminal's line: the
  // message then begins in its place. Any thread.
  void replaces_line(bool replaces) { replaces_line_ = replaces; }

  // Once. kInternal when the system has no timer left.
  Result<> start(std::chrono::microseconds after);

 private:
  static void expire(sigval self);

  std::string message_;
  int exit_code_;
  std::atomic<bool> replaces_line_ = false;
  bool is_armed_ = false;
  timer_t timer_{};
};

}  // namespace weft::cli
