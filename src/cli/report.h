// Errors as people and programs read them, and exit codes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "json/value.h"

namespace weft::cli {

// What a shell sees when a program ends because nobody reads its output (128 + SIGPIPE).
inline constexpr int kClosedPipeExitCode = 141;

// "weft: …", then a line "  at …" for each frame of a backtrace. Ends in a newline.
std::string error_text(const Error& error, const Console& console);

// Those lines alone.
std::string backtrace_text(const std::vector<BacktraceFrame>& frames);

// The error as a problem document (docs/reference/errors.md) with its exit code. One line. Of a
// message of several lines, the first is `detail` and the others are `excerpt`.
// `members`: further ones.
std::string error_json(const Error& error, const json::Object& members = {});

// Writes the error to standard error, as JSON if wanted, and returns its exit code.
int report(const Error& error, Console& console, bool as_json);

// The exit code of a command that returned `code`: writes its error to standard error, and that of
// standard output when not all of the command's output could be written there.
int end_of_command(const Result<int>& code, Console& console, bool as_json);

// Writes a sentence that helps on to standard error: "weft: …", or {"hint":"…"} if JSON is wanted.
void note_hint(std::string_view hint, Console& console, bool as_json);

// The error that a server's problem document tells of; its code is that of the member `code`, or
// else of `status`. `source` names the server in the message of what is no problem document.
Error error_of_problem(const Result<json::Value>& document, int status, std::string_view source);

// A message about JSON without its place, where that stands in front: "invalid JSON: expected …".
std::string without_place(const std::string& message);

// The line of `text` that the error points to, with a caret under the column; empty when it points
// to none.
std::string excerpt(std::string_view text, const Error& error);

}  // namespace weft::cli
