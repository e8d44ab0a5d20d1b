// Time as an argument: wall time for people and records, monotonic time for deadlines and
// durations.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
// Nanoseconds since then, for guests, whose calls have as many.
using ExactWallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
// Nanoseconds since an arbitrary point; never goes back.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  // The same, as exactly as it is known.
  virtual ExactWallTime exact_wall() const { return wall(); }
  virtual MonotonicTime monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  ExactWallTime exact_wall() const override;
  MonotonicTime monotonic() const override;
};

// Stands still until told otherwise; for tests.
class FakeClock final : public Clock {
 public:
  WallTime wall() const override;
  MonotonicTime monotonic() const override;
  void advance(std::chrono::microseconds by) { elapsed_us_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_us_ = 0;
};

// RFC 3339 in UTC with microseconds: "2026-11-21T13:39:23.000042Z".
std::string to_rfc3339(WallTime time);

// The inverse, for exactly the form that to_rfc3339 writes; nothing for any other text.
std::optional<WallTime> from_rfc3339(std::string_view text);

// CPU time that the calling thread has used.
std::chrono::nanoseconds thread_cpu_time();
// What all threads of the process have used.
std::chrono::nanoseconds process_cpu_time();

}  // namespace weft
