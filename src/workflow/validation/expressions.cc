#include "workflow/validation/expressions.h"

#include "base/ascii.h"

namespace weft::workflow::validation {
namespace {

// Brackets and quotes in pairs, and no name missing behind a dot.
bool is_well_formed(std::string_view path) {
  std::string open;
  char quote = '\0';
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (quote != '\0') {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      open += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  return open.empty() && quote == '\0' && !path.ends_with('.') && !path.contains("...");
}

}  // namespace

std::optional<std::string> problem_of_path(std::string_view path) {
  if (!path.starts_with('$')) return "it does not begin with '$'";
  if (!is_well_formed(path)) return "it is not well formed";
  return std::nullopt;
}

std::optional<std::string> problem_of_path_or_intrinsic(std::string_view text) {
  if (!text.starts_with("States.")) return problem_of_path(text);
  if (!text.contains('(') || !text.ends_with(')') || !is_well_formed(text))
    return "it is no call of an intrinsic function";
  return std::nullopt;
}

std::optional<std::string> problem_of_reference_path(std::string_view path) {
  if (!path.starts_with('$')) return ": Reference path didn't start with '$'";
  if (!is_well_formed(path) || path.contains("..") || path.contains('*') || path.contains('?') ||
      path.contains('@'))
    return "";
  return std::nullopt;
}

std::optional<std::string> problem_of_jsonata(std::string_view) {
  return std::nullopt;
}

}  // namespace weft::workflow::validation
