#include "function/limits.h"

#include <fmt/format.h>

#include "base/log.h"

namespace weft::function {
namespace {

struct Range {
  std::string_view name;
  std::uint64_t least;
  std::uint64_t most;
};

constexpr std::uint64_t kMiB = 1024ULL * 1024;
constexpr Range kDeadline{"deadline_ms", 1, 15ULL * 60 * 1000};
constexpr Range kMemory{"memory_bytes", 0, kFunctionMemoryBytesMax};
constexpr Range kOutput{"output_bytes", 0, 64 * kMiB};
constexpr Range kInFlight{"in_flight", 1, 100'000};

Result<std::uint64_t> number_in(const json::Value& value, const Range& range) {
  const auto number = value.is_number() ? value.as_number().to_uint64() : std::nullopt;
  if (!number || *number < range.least || *number > range.most) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("limits.{} is a whole number from {} to {}", range.name, range.least,
                            range.most));
  }
  return *number;
}

// Sets the limit of that name.
Result<> set(FunctionLimits& limits, std::string_view name, const json::Value& value) {
  if (name == kDeadline.name) {
    limits.deadline_ms = static_cast<std::uint32_t>(TRY(number_in(value, kDeadline)));
  } else if (name == kMemory.name) {
    limits.memory_bytes = TRY(number_in(value, kMemory));
  } else if (name == kOutput.name) {
    limits.output_bytes = TRY(number_in(value, kOutput));
  } else if (name == kInFlight.name) {
    limits.in_flight = static_cast<std::uint32_t>(TRY(number_in(value, kInFlight)));
  } else {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no limit named \"{}\": the limits are deadline_ms, "
                            "memory_bytes, output_bytes and in_flight",
                            printable(name.substr(0, 100))));
  }
  return {};
}

}  // namespace

Result<FunctionLimits> limits_of(const json::Value& object) {
  if (!object.is_object()) return fail(ErrorCode::kInvalidArgument, "limits is an object");
  FunctionLimits limits;
  for (const auto& [name, value] : object.as_object())
    TRY(set(limits, name, value));
  return limits;
}

json::Value to_json(const FunctionLimits& limits) {
  return json::Value::object({{kDeadline.name, limits.deadline_ms},
                              {kMemory.name, limits.memory_bytes},
                              {kOutput.name, limits.output_bytes},
                              {kInFlight.name, limits.in_flight}});
}

}  // namespace weft::function
