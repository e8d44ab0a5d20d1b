#include "function/statistics.h"

#include <algorithm>
#include <bit>

namespace weft::function {
namespace {

std::int64_t minute_number(WallTime time) {
  return std::chrono::duration_cast<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace

Statistics::Statistics() = default;

std::size_t Statistics::bucket_of(std::uint64_t duration_us) {
  if (duration_us < 4) return duration_us;
  const auto power = static_cast<std::size_t>(std::bit_width(duration_us)) - 1;  // at least 2
  const std::size_t quarter = (duration_us >> (power - 2)) & 3U;
  return std::min(4 * (power - 1) + quarter, kBuckets - 1);
}

std::uint64_t Statistics::middle_of(std::size_t bucket) {
  if (bucket < 4) return bucket;
  const std::size_t power = bucket / 4 + 1;
  const std::uint64_t step = std::uint64_t{1} << (power - 2);
  return (4 + bucket % 4) * step + step / 2;
}

Statistics::Minute& Statistics::minute_at(Past& past, std::int64_t number) {
  if (!past.minutes) past.minutes = std::make_unique<std::array<Minute, kMinutes>>();
  Minute& minute = past.minutes->at(static_cast<std::size_t>(number) % kMinutes);
  if (minute.number != number) minute = Minute{.number = number};
  return minute;
}

void Statistics::seed(const Activity& before, WallTime now) {
  past_.with([&](Past& past) {
    if (!past.last_called) past.last_called = before.last_called;
    if (before.calls == 0) return;
    const std::int64_t newest = minute_number(now);
    for (std::size_t i = 0; i < kMinutes; ++i) {
      minute_at(past, newest - static_cast<std::int64_t>(kMinutes - 1 - i)).calls +=
          before.calls_per_minute.at(i);
    }
    Minute& last = minute_at(past, newest);
    last.errors += before.errors;
    if (before.p50_us)
      last.durations.at(bucket_of(*before.p50_us)) += static_cast<std::uint32_t>(before.calls);
  });
}

void Statistics::record(WallTime when, std::uint64_t duration_us, bool is_error) {
  past_.with([&](Past& past) {
    Minute& minute = minute_at(past, minute_number(when));
    ++minute.calls;
    if (is_error) ++minute.errors;
    ++minute.durations.at(bucket_of(duration_us));
    past.last_called = when;
  });
}

Activity Statistics::activity(WallTime now) const {
  Activity activity;
  std::array<std::uint64_t, kBuckets> durations{};
  past_.with([&](const Past& past) {
    activity.last_called = past.last_called;
    if (!past.minutes) return;
    const std::int64_t newest = minute_number(now);
    for (const Minute& minute : *past.minutes) {
      const std::int64_t age = newest - minute.number;
      if (age < 0 || age >= static_cast<std::int64_t>(kMinutes)) continue;
      activity.calls += minute.calls;
      activity.errors += minute.errors;
      activity.calls_per_minute.at(kMinutes - 1 - static_cast<std::size_t>(age)) = minute.calls;
      for (std::size_t i = 0; i < kBuckets; ++i)
        durations.at(i) += minute.durations.at(i);
    }
  });
  std::uint64_t total = 0;
  for (const std::uint64_t count : durations)
    total += count;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBuckets && total > 0; ++i) {
    below += durations.at(i);
    if (2 * below >= total) {
      activity.p50_us = middle_of(i);
      break;
    }
  }
  return activity;
}

}  // namespace weft::function
