#include "cli/quantity.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::cli {
namespace {

// Wide enough for every product below, so that overflow is one comparison at the end.
using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kKibi = 1024;
constexpr std::uint64_t kKilo = 1000;
constexpr std::array kByteUnits = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"K", kKibi},
    Unit{"KiB", kKibi},
    Unit{"kB", kKilo},
    Unit{"M", kKibi* kKibi},
    Unit{"MiB", kKibi* kKibi},
    Unit{"MB", kKilo* kKilo},
    Unit{"G", kKibi* kKibi* kKibi},
    Unit{"GiB", kKibi* kKibi* kKibi},
    Unit{"GB", kKilo* kKilo* kKilo},
};
constexpr std::array kTimeUnits = {
    Unit{"us", 1},         Unit{"µs", 1},           Unit{"ms", 1'000},        Unit{"s", 1'000'000},
    Unit{"m", 60'000'000}, Unit{"min", 60'000'000}, Unit{"h", 3'600'000'000},
};

// A decimal number as its digits over a power of ten.
struct Decimal {
  std::uint64_t digits = 0;
  std::uint64_t scale = 1;
  std::string_view rest;
};

// Up to 18 digits, at most 6 behind the point: more is no quantity that a person writes.
std::optional<Decimal> parse_decimal(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;
  constexpr std::uint64_t kScaleMax = 1'000'000;
  Decimal number;
  std::size_t digits = 0;
  bool in_fraction = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !in_fraction && digits > 0) {
      in_fraction = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    if (++digits > kDigitsMax || (in_fraction && number.scale == kScaleMax)) return std::nullopt;
    number.digits = number.digits * 10 + static_cast<std::uint64_t>(c - '0');
    if (in_fraction) number.scale *= 10;
  }
  if (digits == 0 || text[i - 1] == '.') return std::nullopt;
  number.rest = text.substr(i);
  return number;
}

// The number times the factor; nothing unless it is whole and at most `most`.
std::optional<std::uint64_t> times(const Decimal& number, std::uint64_t factor,
                                   std::uint64_t most) {
  const Wide product = static_cast<Wide>(number.digits) * factor;
  if (product % number.scale != 0 || product / number.scale > most) return std::nullopt;
  return static_cast<std::uint64_t>(product / number.scale);
}

// 3 → "3", 2.50 → "2.5": two digits behind the point at most.
std::string short_number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  if (const auto number = parse_decimal(text)) {
    for (const Unit& unit : kByteUnits) {
      if (unit.name != number->rest) continue;
      const auto bytes = times(*number, unit.factor, std::numeric_limits<std::uint64_t>::max());
      if (bytes) return *bytes;
    }
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} is no size: write bytes, or a number with a unit, like 64MiB or 1GiB; "
                  "units are KiB, MiB, GiB (or K, M, G) and kB, MB, GB",
                  printable(text)));
}

Result<std::chrono::microseconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kMost = 1'000'000ULL * 86'400 * 365 * 100;  // A century.
  const auto number = parse_decimal(text);
  if (number && number->rest.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{0} has no unit: write {0}s, or {0}ms for milliseconds", text));
  }
  if (number) {
    for (const Unit& unit : kTimeUnits) {
      if (unit.name != number->rest) continue;
      const auto us = times(*number, unit.factor, kMost);
      if (us) return std::chrono::microseconds(*us);
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is no duration: write a number with a unit, like 250ms, 10s or 2m",
                          printable(text)));
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t most) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_separator = text[i] == '_' && i > 0 && i + 1 < text.size() && text[i - 1] != '_';
    if (!is_separator) digits += text[i];
  }
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, problem] = std::from_chars(digits.data(), end, value);
  if (problem != std::errc() || rest != end || value > most) {
    constexpr auto kLargest = std::numeric_limits<std::uint64_t>::max();
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no whole number from 0 to {}", printable(text),
                            most == kLargest ? "2^64-1" : fmt::format("{}", most)));
  }
  return value;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < kKibi) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / static_cast<double>(kKibi);
  std::size_t unit = 0;
  while (value >= static_cast<double>(kKibi) && unit + 1 < kUnits.size()) {
    value /= static_cast<double>(kKibi);
    ++unit;
  }
  return fmt::format("{} {}", short_number(value), kUnits.at(unit));
}

std::string duration_text(std::chrono::microseconds duration) {
  const auto us = static_cast<double>(duration.count());
  if (us < 1e3) return fmt::format("{} µs", duration.count());
  if (us < 1e6) return fmt::format("{} ms", short_number(us / 1e3));
  if (us < 120e6) return fmt::format("{} s", short_number(us / 1e6));
  return fmt::format("{} min", short_number(us / 60e6));
}

}  // namespace weft::cli
