// The functions that a JSONPath state may call, of the States Language and as AWS evaluates them:
// docs/reference/intrinsics.md.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/jsonata/jsonata.h"
#include "json/value.h"

namespace weft::workflow {

// What a call's argument is worth.
struct IntrinsicArgument {
  json::Value value;
  // Of a text in quotes, what stands between them, escapes and all; empty of everything else.
  // Null of what is no such text: the format of States.Format tells "{}" from "\{\}" by it.
  const std::string* quoted = nullptr;
};

// Why a call has no value: "Invalid arguments in States.Array: reason".
struct IntrinsicRefusal {
  std::string reason;
  std::string_view subject = "arguments";
};

struct IntrinsicFunction {
  using Value = std::expected<json::Value, IntrinsicRefusal>;

  std::string_view name;  // "States.Format"
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  // Gets as many arguments as it takes.
  Value (*call)(std::span<const IntrinsicArgument> arguments, json::jsonata::Inputs& inputs);
};

// Null when there is none of that name.
const IntrinsicFunction* find_intrinsic_function(std::string_view name);

// The one that is spelled most like the name; nothing when none is near.
std::optional<std::string_view> nearest_intrinsic_function(std::string_view name);

// What a call may make. AWS has a much smaller limit for what states pass on; this one keeps what
// is not passed on within memory.
inline constexpr std::size_t kIntrinsicBytesMax = 16 << 20;

}  // namespace weft::workflow
