// The one place where validation asks for the syntax of expressions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::workflow::validation {

// Nothing when the text is right; else what is wrong.
std::optional<std::string> problem_of_path(std::string_view path);
std::optional<std::string> problem_of_path_or_intrinsic(std::string_view text);
// What follows "Value is not a Reference Path".
std::optional<std::string> problem_of_reference_path(std::string_view path);
// Which members $states has in an expression, beside "input" and "context".
struct StatesMembers {
  bool result = false;        // of a Task, Map or Parallel state, once it has one
  bool error_output = false;  // in a catcher
};

struct JsonataProblem {
  std::string_view code;
  std::string message;
};
// Of "{% … %}": the parser's own message, or what the expression asks for and is not there. In a
// workflow, an expression has no document.
std::vector<JsonataProblem> problems_of_jsonata(std::string_view text, const StatesMembers& states);

}  // namespace weft::workflow::validation
