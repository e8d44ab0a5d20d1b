// Errors as problem documents (RFC 9457), the one form in which they leave the process.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "json/print.h"

namespace weft::json {

// Writes an object with type, code, title, status, detail and retryable, and what is known of
// invocation, backtrace, position and limit (docs/reference/errors.md). `status` is the one of
// HTTP; by default that of the error's code.
void write_problem(Writer& writer, const Error& error, std::optional<std::string_view> invocation,
                   std::optional<int> status = std::nullopt);

// The same members into an object that is begun, for documents that have others behind them.
void write_problem_members(Writer& writer, const Error& error,
                           std::optional<std::string_view> invocation = std::nullopt,
                           std::optional<int> status = std::nullopt);

}  // namespace weft::json
