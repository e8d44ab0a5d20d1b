#include "cli/workflow_diagnostics.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/report.h"

namespace weft::cli {
namespace {

using workflow::Diagnostic;
using workflow::Severity;

std::string text_of(const Diagnostic& diagnostic, std::string_view file,
                    std::string_view definition, const Console& console) {
  std::string place = printable(file);
  const auto& [line, column, offset] = diagnostic.position;
  if (line && column) place += fmt::format(":{}:{}", *line, *column);
  const std::string severity =
      diagnostic.severity == Severity::kError ? console.red("error") : console.yellow("warning");
  std::string text = fmt::format(
      "{}: {}: {}{} ({}){}\n", console.bold(place), severity, printable(diagnostic.message),
      diagnostic.location ? " at " + printable(*diagnostic.location) : "", diagnostic.code,
      diagnostic.hint ? "; " + *diagnostic.hint : "");
  std::string lines = excerpt(
      definition, Error(ErrorCode::kInvalidArgument, "").with_position(diagnostic.position));
  if (!lines.empty() && !lines.ends_with('\n')) lines += '\n';
  return text + lines;
}

}  // namespace

std::string diagnostics_text(const workflow::Validation& validation, std::string_view file,
                             std::string_view definition, const Console& console) {
  std::string text;
  for (const Diagnostic& diagnostic : validation.diagnostics)
    text += text_of(diagnostic, file, definition, console);
  return text;
}

Error invalid_definition(const workflow::Validation& validation, std::string_view file) {
  const auto count =
      std::ranges::count(validation.diagnostics, Severity::kError, &Diagnostic::severity);
  return {ErrorCode::kInvalidArgument,
          fmt::format("{} is no valid workflow: {}{} error{}", printable(file),
                      validation.is_truncated ? "more than " : "", count, count == 1 ? "" : "s")};
}

}  // namespace weft::cli
