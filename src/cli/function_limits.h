// A function's limits as flags of `weft deploy`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "json/value.h"

namespace weft::cli {

// The limits that flags name, as members of a deployment's `limits` (docs/reference/http.md).
// kInvalidArgument names the flag, its value and what is allowed.
Result<json::Object> limits_of_flags(const Arguments& arguments);

// How to allow more than the limit that a call of the function reached, as words behind "Try":
// "`weft deploy add FILE --memory N` with more than 64 MiB". Empty where nothing can be set.
std::string how_to_raise(const LimitReached& limit, std::string_view function);

// The error of a server with flags where it speaks of members of `limits`.
Error in_words_of_flags(const Error& error);

}  // namespace weft::cli
