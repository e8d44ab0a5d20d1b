// What one function may use: named as users set it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "json/value.h"

namespace weft::function {

// The most that FunctionLimits::memory_bytes can be.
inline constexpr std::uint64_t kFunctionMemoryBytesMax = 4096ULL * 1024 * 1024;

struct FunctionLimits {
  std::uint32_t deadline_ms = 10'000;
  // Of an instance: its memories; and its tables, globals and references to functions, of which a
  // MiB is free (engine::InstanceLimits).
  std::uint64_t memory_bytes = 256ULL * 1024 * 1024;
  std::uint64_t output_bytes =
      6ULL * 1024 * 1024;         // of the result, and of what the guest writes, each
  std::uint32_t in_flight = 100;  // calls at the same time

  bool operator==(const FunctionLimits&) const = default;
};

// Limits from an object whose members are named as above; absent ones keep their defaults.
// kInvalidArgument for unknown names and for values out of range, with the range.
Result<FunctionLimits> limits_of(const json::Value& object);

// The inverse, with all members.
json::Value to_json(const FunctionLimits& limits);

// What all of them together may use.
struct PlatformLimits {
  std::uint64_t module_bytes = 64ULL * 1024 * 1024;  // of an upload, and of what its text becomes
  std::uint64_t payload_bytes = 8ULL * 1024 * 1024;  // of a call
  std::uint32_t in_flight = 1'000;                   // calls at the same time, of all functions
  std::uint32_t guest_sockets = 100'000;             // open at the same time, of all functions
  std::uint64_t description_bytes =
      4ULL * 1024 * 1024;  // of what is known about a module: its imports and exports
  std::uint64_t loaded_bytes = 1ULL << 30U;  // of functions that stay in memory for their next call
  // Of what a function begins with once it was initialised: pages of its memory that are not zeros.
  // Between them lies at most as much again that its image has.
  std::uint64_t snapshot_bytes = 64ULL * 1024 * 1024;
  std::uint64_t kept_text_bytes = 4ULL * 1024;  // of a payload and of a result, in a call's record
  std::uint64_t kept_log_bytes = 64ULL * 1024;  // of the guest's output, in a call's record
};

}  // namespace weft::function
