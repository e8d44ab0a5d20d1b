// Paths, expressions and what has them inside.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "workflow/validation/checker.h"
#include "workflow/validation/expressions.h"

namespace weft::workflow::validation {
namespace {

using json::Kind;
using json::Value;

constexpr std::string_view kPathSuffix = ".$";
constexpr std::size_t kVariableCharactersMax = 80;

constexpr std::string_view kNotAnExpression = "JSONata string must start with {% and end with %}";

// Letters, digits and "_" and what is beyond ASCII, where Unicode knows what is a letter and this
// does not.
bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) >= 0x80);
  };
  const auto is_part = [&is_letter](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, is_part);
}

}  // namespace

bool looks_like_path(std::string_view text) {
  return text == "$" || text == "$$" || text.starts_with("$.") || text.starts_with("$[") ||
         text.starts_with("$$.");
}

bool looks_like_intrinsic(std::string_view text) {
  return text.starts_with("States.") && text.contains('(') && text.ends_with(')');
}

void Checker::check_path(const Value& path, const Place& place) {
  if (path.is_null() || !expect(path, place, {Kind::kString, Kind::kNull})) return;
  if (has_substitution(path.as_string())) return;
  if (const auto problem = problem_of_path(path.as_string()))
    findings_.schema_error("Value must be a valid JSONPath.", place, path, quoted(*problem));
}

void Checker::check_reference_path(Form form, const Value& path, const Place& place) {
  if (form == Form::kResultPath) {
    if (path.is_null() || !expect(path, place, {Kind::kString, Kind::kNull})) return;
  } else if (!expect(path, place, {Kind::kString})) {
    return;
  }
  const std::string_view text = path.as_string();
  if (has_substitution(text)) return;
  std::optional<std::string> problem = problem_of_reference_path(text);
  const bool is_of_context = text.starts_with("$$");
  const bool is_of_input = text == "$" || text.starts_with("$.") || text.starts_with("$[");
  if (!problem.has_value() && ((is_of_context && form != Form::kContextPath) ||
                               (!is_of_input && form == Form::kResultPath)))
    problem = "";
  if (problem.has_value())
    findings_.schema_error("Value is not a Reference Path" + *problem, place, path);
}

void Checker::check_path_or_intrinsic(const Value& path, const Place& place) {
  if (!expect(path, place, {Kind::kString}) || has_substitution(path.as_string())) return;
  if (const auto problem = problem_of_path_or_intrinsic(path.as_string())) {
    findings_.schema_error("Value must be a valid JSONPath or a valid intrinsic function call",
                           place, path, quoted(*problem));
  }
}

void Checker::check_template(const Value& value, const Place& place, const Scope& scope) {
  if (scope.language == Language::kJsonata) {
    check_jsonata_template(value, place, scope.states);
  } else {
    check_path_template(value, place);
  }
}

void Checker::check_path_template(const Value& value, const Place& place) {
  if (findings_.is_done()) return;
  if (value.is_object()) {
    for (const json::Member& member : value.as_object()) {
      if (findings_.is_done()) return;
      check_path_member(member, value, place);
    }
  } else if (value.is_array()) {
    std::size_t index = 0;
    for (const Value& item : value.as_array())
      check_path_template(item, place.item(index++));
  }
}

void Checker::check_path_member(const json::Member& member, const Value& object,
                                const Place& place) {
  const auto& [key, value] = member;
  if (!key.ends_with(kPathSuffix)) {
    if (value.is_string() &&
        (looks_like_path(value.as_string()) || looks_like_intrinsic(value.as_string()))) {
      findings_.warning(
          "NO_DOLLAR",
          fmt::format("The value of '{0}' looks like a path or a call of an intrinsic "
                      "function, but the name of the field is not '{0}.$'",
                      quoted(key)),
          place.member(key), value);
    }
    check_path_template(value, place.member(key));
    return;
  }
  const std::string_view name = key.substr(0, key.size() - kPathSuffix.size());
  if (object.find(name) != nullptr) {
    findings_.schema_error(fmt::format("There should only be one of the following fields: [{}, {}]",
                                       quoted(name), quoted(key)),
                           place, member.key_value());
  }
  std::optional<std::string> problem = "it is no string";
  if (value.is_string()) {
    if (has_substitution(value.as_string())) return;
    problem = problem_of_path_or_intrinsic(value.as_string());
    if (!problem.has_value()) return;
  }
  findings_.schema_error(fmt::format("The value for the field '{}' must be a valid JSONPath or a "
                                     "valid intrinsic function call",
                                     quoted(key)),
                         place, value, quoted(*problem));
}

void Checker::check_jsonata_template(const Value& value, const Place& place,
                                     const StatesMembers& states) {
  if (findings_.is_done()) return;
  if (value.is_string()) {
    check_jsonata(value, place, states);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object())
      check_jsonata_template(member, place.member(key), states);
  } else if (value.is_array()) {
    std::size_t index = 0;
    for (const Value& item : value.as_array())
      check_jsonata_template(item, place.item(index++), states);
  }
}

bool Checker::check_jsonata(const Value& text, const Place& place, const StatesMembers& states) {
  const std::string_view source = text.as_string();
  if (!source.starts_with("{%")) return false;
  constexpr std::string_view kShortest = "{%%}";
  if (source.size() < kShortest.size() || !source.ends_with("%}")) {
    findings_.schema_error(std::string(kNotAnExpression), place, text);
  } else if (!has_substitution(source)) {
    for (JsonataProblem& problem : problems_of_jsonata(source, states))
      findings_.error(problem.code, std::move(problem.message), place, text);
  }
  return true;
}

void Checker::check_expression(const Value& text, const Place& place) {
  if (!check_jsonata(text, place))
    findings_.schema_error(std::string(kNotAnExpression), place, text);
}

void Checker::check_assign(const Value& assign, const Place& place, const Scope& scope) {
  if (!expect(assign, place, {Kind::kObject})) return;
  for (const json::Member& member : assign.as_object()) {
    if (findings_.is_done()) return;
    std::string_view name = member.key();
    if (scope.language == Language::kJsonPath && name.ends_with(kPathSuffix))
      name.remove_suffix(kPathSuffix.size());
    check_variable_name(name, member, place);
  }
  check_template(assign, place, scope);
}

void Checker::check_variable_name(std::string_view name, const json::Member& member,
                                  const Place& place) {
  constexpr std::string_view kCode = "INVALID_VARIABLE_NAME";
  const Place at = place.member(member.key());
  if (name == "states") {
    findings_.error("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", at,
                    member.key_value());
  } else if (name.empty() || count_characters(name) > kVariableCharactersMax) {
    findings_.error(kCode,
                    fmt::format("Invalid variable name '{}': the variable name must have 1 to {} "
                                "characters.",
                                quoted(name), kVariableCharactersMax),
                    at, member.key_value());
  } else if (!is_variable_name(name)) {
    // No error: no expression can read such a variable, but what assigns it works.
    findings_.warning(kCode,
                      fmt::format("Invalid variable name '{}': the variable name contains invalid "
                                  "characters.",
                                  quoted(name)),
                      at, member.key_value());
  }
}

void Checker::check_condition(const Value& condition, const Place& place) {
  if (!expect(condition, place, {Kind::kString, Kind::kBoolean})) return;
  if (condition.is_string()) check_expression(condition, place);
}

void Checker::check_items(const Value& items, const Place& place) {
  if (!expect(items, place, {Kind::kArray, Kind::kObject, Kind::kString})) return;
  if (items.is_string()) {
    check_expression(items, place);
  } else {
    check_jsonata_template(items, place, {});
  }
}

void Checker::warn_of_static_paths(const Value& result, const Place& place) {
  if (result.is_string()) {
    if (!looks_like_path(result.as_string()) && !looks_like_intrinsic(result.as_string())) return;
    findings_.warning("PASS_RESULT_IS_STATIC",
                      "The Result of a Pass state is taken as it is: paths and intrinsic functions "
                      "in it are not evaluated",
                      place, result);
  } else if (result.is_object()) {
    for (const auto& [key, member] : result.as_object())
      warn_of_static_paths(member, place.member(key));
  } else if (result.is_array()) {
    std::size_t index = 0;
    for (const Value& item : result.as_array())
      warn_of_static_paths(item, place.item(index++));
  }
}

}  // namespace weft::workflow::validation
