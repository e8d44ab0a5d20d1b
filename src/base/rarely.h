// Keeps what happens often out of the log: said at once, then at most once a minute with the sum.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace weft {

// Not thread-safe. For lines that a client or a full disk could otherwise cause without end.
class Rarely {
 public:
  static constexpr std::chrono::minutes kInterval{1};

  // Counts `events`. How many to report now, those kept back before included; 0: nothing now.
  std::uint64_t due(std::uint64_t events, MonotonicTime now) {
    kept_back_ += events;
    if (kept_back_ == 0 || (reported_ && now - *reported_ < kInterval)) return 0;
    reported_ = now;
    return rest();
  }

  // How many were kept back so far, for a report at the end.
  std::uint64_t rest() { return std::exchange(kept_back_, 0); }

 private:
  std::uint64_t kept_back_ = 0;
  std::optional<MonotonicTime> reported_;
};

}  // namespace weft
