#include "cli/function_limits.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/quantity.h"
#include "cli/signature.h"

namespace weft::cli {
namespace {

enum class Quantity : std::uint8_t { kDuration, kBytes, kCount };

// A test compares the ranges with those of function/limits.cc.
struct LimitFlag {
  std::string_view flag;
  std::string_view member;
  Quantity quantity;
  std::string_view least;  // as a user writes it
  std::string_view most;
};

constexpr std::array kLimitFlags = {
    LimitFlag{"deadline", "deadline_ms", Quantity::kDuration, "1ms", "15m"},
    LimitFlag{"memory", "memory_bytes", Quantity::kBytes, "0", "4GiB"},
    LimitFlag{"output", "output_bytes", Quantity::kBytes, "0", "64MiB"},
    LimitFlag{"in-flight", "in_flight", Quantity::kCount, "1", "100000"},
};

// Limits that a call can reach and that hold for the whole server.
struct ServerLimit {
  std::string_view name;
  std::string_view flag;
};

constexpr std::array kServerLimits = {
    ServerLimit{"payload_bytes", "max-payload"},
    ServerLimit{"platform_in_flight", "max-in-flight"},
};

// In the unit of the member.
Result<std::uint64_t> number_of(Quantity quantity, std::string_view text) {
  if (quantity == Quantity::kBytes) return parse_bytes(text);
  if (quantity == Quantity::kCount) return parse_count(text);
  const auto duration = TRY(parse_duration(text));
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

Result<std::uint64_t> number_in_range(const LimitFlag& limit, std::string_view text) {
  auto number = number_of(limit.quantity, text);
  if (!number) return fail(std::move(number).error().with_context(fmt::format("--{}", limit.flag)));
  const std::uint64_t least = number_of(limit.quantity, limit.least).value();
  const std::uint64_t most = number_of(limit.quantity, limit.most).value();
  if (*number >= least && *number <= most) return number;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("--{}: {} is not within {} to {}", limit.flag, printable(text),
                          limit.least, limit.most));
}

std::string text_of(const LimitReached& limit) {
  if (limit.name.ends_with("_bytes")) return bytes_text(limit.value);
  if (limit.name.ends_with("_ms")) return duration_text(std::chrono::milliseconds(limit.value));
  return fmt::format("{}", limit.value);
}

}  // namespace

Result<json::Object> limits_of_flags(const Arguments& arguments) {
  json::Object limits;
  for (const LimitFlag& limit : kLimitFlags) {
    if (const auto text = arguments.value(limit.flag))
      limits.set(limit.member, TRY(number_in_range(limit, *text)));
  }
  return limits;
}

std::string how_to_raise(const LimitReached& limit, std::string_view function) {
  std::string command;
  for (const LimitFlag& each : kLimitFlags) {
    if (each.member != limit.name) continue;
    if (limit.value >= number_of(each.quantity, each.most).value()) return {};
    command = fmt::format("weft deploy {} FILE --{} {}", shell_word(function), each.flag,
                          each.quantity == Quantity::kDuration ? "T" : "N");
  }
  for (const ServerLimit& each : kServerLimits) {
    if (each.name == limit.name) command = fmt::format("weft serve --{} N", each.flag);
  }
  if (command.empty()) return {};
  return fmt::format("`{}` with more than {}", command, text_of(limit));
}

Error in_words_of_flags(const Error& error) {
  std::string message = error.message();
  for (const LimitFlag& limit : kLimitFlags) {
    const std::string member = fmt::format("limits.{}", limit.member);
    const std::size_t at = message.find(member);
    if (at != std::string::npos)
      message.replace(at, member.size(), fmt::format("--{}", limit.flag));
  }
  Error said = Error(error.code(), std::move(message)).with_backtrace(error.backtrace());
  if (const auto& limit = error.limit())
    said = std::move(said).with_limit(limit->name, limit->value);
  return said;
}

}  // namespace weft::cli
