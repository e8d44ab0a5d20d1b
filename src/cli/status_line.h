// One line on the terminal that says what takes so long, while it does.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/pacemaker.h"
#include "cli/console.h"

namespace weft::cli {

// Whether there is one: only where somebody looks, and not beside documents for programs.
enum class Status : std::uint8_t { kHidden, kShown };

// Nothing is written before a second has passed; what was is removed at the end. Confined to one
// thread, and nothing else may write to standard error while it exists.
class StatusLine {
 public:
  // `console` outlives this object.
  StatusLine(Console& console, Status status);
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  ~StatusLine();

  bool is_shown() const { return status_ == Status::kShown; }
  // Puts `text`, a short line, in place of what stood there.
  void show(std::string_view text);
  // "Compiling… 3 s": `doing` and how long it has been done by now.
  void show_time(std::string_view doing);

 private:
  std::chrono::nanoseconds elapsed() const { return console_.clock().monotonic() - began_; }

  Console& console_;
  Status status_;
  MonotonicTime began_;
  std::string text_;  // What stands there.
};

// A StatusLine that counts the seconds by itself, on a thread of its own, while its maker works.
class BusyLine {
 public:
  BusyLine(Console& console, Status status, std::string doing);
  BusyLine(const BusyLine&) = delete;
  BusyLine& operator=(const BusyLine&) = delete;
  ~BusyLine() = default;

 private:
  StatusLine line_;
  std::unique_ptr<Pacemaker> pacemaker_;  // Uses `line_` alone; ends before it.
};

// "12.3 of 40.0 MiB"
std::string share_text(std::uint64_t done_bytes, std::uint64_t all_bytes);

}  // namespace weft::cli
