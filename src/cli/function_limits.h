// A function's limits as flags of `weft deploy`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "json/value.h"

namespace weft::cli {

// The limits that flags name, as members of a deployment's `limits` (docs/reference/http.md).
// kInvalidArgument names the flag, its value and what is allowed.
Result<json::Object> limits_of_flags(const Arguments& arguments);

// "--deadline" for "deadline_ms"; nothing for a limit that no flag sets.
std::optional<std::string> flag_of_limit(std::string_view limit);

// The error of a server with flags where it speaks of members of `limits`.
Error in_words_of_flags(const Error& error);

}  // namespace weft::cli
