#include "base/clock.h"

#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace weft {
namespace {

constexpr std::int64_t kFakeEpochSeconds = 1'700'000'000;

// The number written at [at, at + size) of `text`, which must be all digits.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + size, value);
  if (error != std::errc() || end != begin + size || *begin == '-') return std::nullopt;
  return value;
}

std::chrono::nanoseconds time_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

ExactWallTime SystemClock::exact_wall() const {
  return ExactWallTime(time_of(CLOCK_REALTIME));
}

MonotonicTime SystemClock::monotonic() const {
  return MonotonicTime(time_of(CLOCK_MONOTONIC));  // what std::chrono::steady_clock reads
}

WallTime FakeClock::wall() const {
  return WallTime(std::chrono::seconds(kFakeEpochSeconds) + std::chrono::microseconds(elapsed_us_));
}

MonotonicTime FakeClock::monotonic() const {
  return MonotonicTime(std::chrono::seconds(1) + std::chrono::microseconds(elapsed_us_));
}

std::string to_rfc3339(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const auto of_day = (time - days).count();
  const auto second = of_day / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60, of_day % 1'000'000);
}

std::optional<WallTime> from_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.ddddddZ";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != 'd' && kShape[i] != text[i]) return std::nullopt;
  }
  constexpr std::array<std::pair<std::size_t, std::size_t>, 7> kParts = {
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 6}}};
  std::array<int, kParts.size()> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = digits(text, kParts.at(i).first, kParts.at(i).second);
    if (!part) return std::nullopt;
    parts.at(i) = *part;
  }
  const auto [year, month, day, hour, minute, second, microsecond] = parts;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::microseconds(microsecond);
}

std::chrono::nanoseconds thread_cpu_time() {
  return time_of(CLOCK_THREAD_CPUTIME_ID);
}

std::chrono::nanoseconds process_cpu_time() {
  return time_of(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace weft
