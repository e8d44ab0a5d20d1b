#include "workflow/validation/expressions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "json/jsonata/context_names.h"
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
  if (parsed.has_value()) return std::nullopt;
  return "";
}

std::vector<JsonataProblem> problems_of_jsonata(std::string_view text) {
  constexpr std::size_t kDelimiterBytes = 2;
  text.remove_prefix(kDelimiterBytes);
  text.remove_suffix(kDelimiterBytes);
  const auto names = json::jsonata::context_names(text);
  std::vector<JsonataProblem> problems;
  if (!names.has_value()) {
    // A message may have a token of the expression in it.
    problems.push_back(
        {.code = "INVALID_JSONATA_EXPRESSION", .message = quoted(names.error().message)});
    return problems;
  }
  for (const std::string& name : *names) {
    problems.push_back(
        {.code = "UNSUPPORTED_JSONATA_EXPRESSION",
         .message = fmt::format("Reference to '{}' {}is not supported.", quoted(name),
                                name == "$$" ? "" : "at the top level ")});
  }
  return problems;
}

}  // namespace weft::workflow::validation
