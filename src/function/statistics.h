// How a function did during the last hour: counts for each minute and the distribution of
// durations.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/guarded.h"
#include "function/activity.h"

namespace weft::function {

// Thread-safe. Kept in memory only: a server that starts begins with what `seed` gives it.
class Statistics {
 public:
  Statistics();

  // What was known before this process; once, before the first call.
  void seed(const Activity& before, WallTime now);
  void record(WallTime when, std::uint64_t duration_us, bool is_error);
  Activity activity(WallTime now) const;

 private:
  static constexpr std::size_t kMinutes = 60;
  // Durations fall into buckets whose bounds grow by a quarter of a power of two: a median is right
  // within 12.5 %.
  static constexpr std::size_t kBuckets = 4UL * 40;

  struct Minute {
    std::int64_t number = -1;  // minutes since 1970
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::array<std::uint32_t, kBuckets> durations{};
  };
  struct Past {
    std::optional<WallTime> last_called;
    // Made when there is a call to count: most functions of a large list sleep.
    std::unique_ptr<std::array<Minute, kMinutes>> minutes;
  };
  static std::size_t bucket_of(std::uint64_t duration_us);
  static std::uint64_t middle_of(std::size_t bucket);
  static Minute& minute_at(Past& past, std::int64_t number);

  Guarded<Past> past_;
};

}  // namespace weft::function
