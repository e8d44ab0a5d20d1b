#include "workflow/validation.h"

#include <utility>

#include <fmt/format.h>

#include "json/parse.h"
#include "workflow/validation/checker.h"
#include "workflow/validation/findings.h"
#include "workflow/validation/graph.h"

namespace weft::workflow {
namespace {

using validation::Checker;
using validation::Findings;
using validation::Place;

// Nothing when the text is no document; then it is said why.
std::optional<json::Value> read(std::string_view text, Findings& findings) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  if (text.find_first_not_of(kWhiteSpace) == std::string_view::npos) {
    findings.error("MISSING_DESCRIPTION", "Received a null or empty workflow input.");
    return std::nullopt;
  }
  auto document = json::parse(text, {.bytes_max = kDefinitionBytesMax});
  if (!document.has_value()) {
    const Error& error = document.error();
    const auto& limit = error.limit();
    const bool is_too_deep = limit.has_value() && limit->name == "json_depth";
    findings.error(is_too_deep ? "TOO_DEEPLY_NESTED" : "INVALID_JSON_DESCRIPTION", error.message(),
                   error.position().value_or(Position{}));
    return std::nullopt;
  }
  return std::move(document).value();
}

// Whether all that Checker looked at has the form of a definition, and it looked at all.
bool has_form(const Findings& findings) {
  return !findings.has_schema_errors() && !findings.is_done();
}

}  // namespace

std::string_view name(Severity severity) {
  return severity == Severity::kError ? "ERROR" : "WARNING";
}

Validation validate(std::string_view text, const ValidationOptions& options) {
  Findings findings(options);
  if (const auto machine = read(text, findings)) {
    Checker(findings).check_machine(*machine, Place(), options.type);
    if (has_form(findings)) check_graph(*machine, findings);
  }
  return findings.finish(text);
}

Validation validate_state(std::string_view text, const ValidationOptions& options) {
  Findings findings(options);
  if (const auto state = read(text, findings)) {
    const Place root;
    const Place states = root.member("States");
    const Place place = states.member("StateName");
    Checker(findings).check_state(*state, place, {.type = options.type});
    if (has_form(findings)) check_graph_inside(*state, place, findings);
  }
  return findings.finish(text);
}

std::string invalid_definition_text(const Validation& validation) {
  std::string text = "Invalid State Machine Definition: '";
  std::string_view separator;
  for (const Diagnostic& diagnostic : validation.diagnostics) {
    if (diagnostic.severity != Severity::kError) continue;
    // AWS writes "null" for what has no place.
    text += fmt::format("{}{}: {} at {}", separator, diagnostic.code, diagnostic.message,
                        diagnostic.location.value_or("null"));
    separator = ", ";
  }
  return text + "'";
}

}  // namespace weft::workflow
