#include "workflow/validation/expressions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "json/jsonata/references.h"
#include "json/jsonpath/states_path.h"
#include "workflow/expressions.h"
#include "workflow/validation/findings.h"

namespace weft::workflow::validation {
namespace {

std::optional<std::string> problem_of(std::string_view text, PathExpression::Allow allow) {
  auto parsed = PathExpression::parse(text, allow);
  if (parsed.has_value()) return std::nullopt;
  return std::move(parsed).error().message();
}

// Of "$", "$$" or "$name" at the beginning.
std::size_t root_bytes(std::string_view path) {
  if (path.starts_with("$$")) return 2;
  return std::min(path.find_first_of(".["), path.size());
}

bool has_member(const StatesMembers& states, std::string_view name) {
  if (name == "result") return states.result;
  if (name == "errorOutput") return states.error_output;
  return name == "input" || name == "context";
}

}  // namespace

std::optional<std::string> problem_of_path(std::string_view path) {
  return problem_of(path, PathExpression::Allow::kPath);
}

std::optional<std::string> problem_of_path_or_intrinsic(std::string_view text) {
  return problem_of(text, PathExpression::Allow::kPathOrIntrinsic);
}

std::optional<std::string> problem_of_reference_path(std::string_view path) {
  if (!path.starts_with('$')) return ": Reference path didn't start with '$'";
  const auto parsed =
      json::jsonpath::ReferencePath::parse(path, {.root_bytes = root_bytes(path), .limits = {}});
  // A reference path ends wherever a name may; a path knows what names variables have.
  if (parsed.has_value() && !problem_of_path(path).has_value()) return std::nullopt;
  return "";
}

std::vector<JsonataProblem> problems_of_jsonata(std::string_view text,
                                                const StatesMembers& states) {
  constexpr std::string_view kUnsupported = "UNSUPPORTED_JSONATA_EXPRESSION";
  constexpr std::size_t kDelimiterBytes = 2;
  text.remove_prefix(kDelimiterBytes);
  text.remove_suffix(kDelimiterBytes);
  const auto references = json::jsonata::references_of(text, "states");
  // A message may have a token of the expression in it.
  if (!references.has_value())
    return {{.code = "INVALID_JSONATA_EXPRESSION", .message = quoted(references.error().message)}};

  std::vector<JsonataProblem> problems;
  for (const std::string& name : references->document) {
    problems.push_back(
        {.code = kUnsupported,
         .message = fmt::format("Reference to '{}' {}is not supported.", quoted(name),
                                name == "$$" ? "" : "at the top level ")});
  }
  for (const std::string& member : references->variable) {
    if (!has_member(states, member)) {
      problems.push_back(
          {.code = kUnsupported,
           .message = fmt::format("Field '$states.{}' does not exist.", quoted(member))});
    }
  }
  return problems;
}

}  // namespace weft::workflow::validation
