#include "workflow/validation/checker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weft::workflow::validation {
namespace {

using json::Kind;
using json::Value;

std::string_view type_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "NULL";
    case Kind::kBoolean:
      return "BOOLEAN";
    case Kind::kNumber:
      return "NUMBER";
    case Kind::kString:
      return "STRING";
    case Kind::kArray:
      return "ARRAY";
    case Kind::kObject:
      return "OBJECT";
  }
  return "";
}

std::string listed(Names names) {
  return fmt::format("[{}]", fmt::join(names, ", "));
}

// A state with "End": false does not end; it is as one without End.
bool has(const Value& object, std::string_view name) {
  const Value* const value = object.find(name);
  if (value == nullptr) return false;
  return name != "End" || !value->is_bool() || value->as_bool();
}

bool is_decimal(Form form) {
  return form == Form::kNumber || form == Form::kPlainNumber;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Of RFC 3339 what AWS takes: "2016-03-14T01:59:00.5Z".
bool is_timestamp(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() <= kForm.size() || !text.ends_with('Z')) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !is_digits(text.substr(i, 1)) : text[i] != kForm[i]) return false;
  }
  const std::string_view rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  return rest.empty() || (rest.starts_with('.') && is_digits(rest.substr(1)));
}

// Whether a path instead of the value is a likely mistake: names and comments may begin with "$".
bool invites_path(const Field& field) {
  switch (field.form) {
    case Form::kText:
    case Form::kTimestamp:
    case Form::kComparedTime:
    case Form::kInteger:
    case Form::kNumber:
    case Form::kPlainNumber:
      return true;
    case Form::kString:
      return field.name.starts_with("String");
    default:
      return false;
  }
}

// How many fields of an object are compared with names that it misses.
constexpr std::size_t kGuessedFieldsMax = 16;

// For an object without any of the names: one of its fields may be a misspelt one of them.
std::optional<std::string> hint_of_unknown(const Value& object, const Schema& schema, Names names) {
  for (const json::Member& member : object.as_object() | std::views::take(kGuessedFieldsMax)) {
    if (find_field(schema, member.key()) != nullptr) continue;
    if (auto hint = hint_of(member.key(), names)) return hint;
  }
  return std::nullopt;
}

}  // namespace

bool Checker::expect(const Value& value, const Place& place, std::initializer_list<Kind> kinds) {
  if (std::ranges::find(kinds, value.kind()) != kinds.end()) return true;
  std::vector<std::string_view> types;
  for (const Kind kind : kinds)
    types.push_back(type_name(kind));
  findings_.schema_error(fmt::format("Expected value of type {}", listed(types)), place, value);
  return false;
}

bool Checker::expect_nonempty(const Value& value, const Place& place, Kind kind) {
  if (!expect(value, place, {kind})) return false;
  if (value.size() > 0) return true;
  findings_.schema_error("Value cannot be empty", place, value);
  return false;
}

bool Checker::check_object(const Value& value, const Place& place, const Schema& schema,
                           const Scope& scope) {
  if (!expect(value, place, {Kind::kObject})) return false;
  check_names(value, place, schema, scope);
  for (const auto& [key, member] : value.as_object()) {
    if (findings_.is_done()) return true;
    const Field* const field = find_field(schema, key);
    if (field != nullptr) check_field(*field, member, place.member(key), scope);
  }
  return true;
}

void Checker::check_names(const Value& object, const Place& place, const Schema& schema,
                          const Scope& scope) {
  std::vector<std::string_view> missing;
  for (const std::string_view name : schema.required) {
    if (object.find(name) == nullptr) missing.push_back(name);
  }
  if (!missing.empty()) {
    findings_.schema_error(fmt::format("These fields are required: {}", listed(missing)), place,
                           object);
  }
  for (const json::Member& member : object.as_object()) {
    if (findings_.is_done()) return;
    if (find_field(schema, member.key()) == nullptr) {
      findings_.schema_error(fmt::format("Field '{}' is not supported", quoted(member.key())),
                             place, member.key_value(), hint_of(member.key(), schema));
    }
  }
  for (const Alternatives& alternatives : schema.alternatives)
    check_alternatives(object, place, schema, alternatives);
  if (scope.checks_language) check_languages(object, place, schema, scope);
}

void Checker::check_alternatives(const Value& object, const Place& place, const Schema& schema,
                                 const Alternatives& fields) {
  const auto count = std::ranges::count_if(
      fields.names, [&object](std::string_view name) { return has(object, name); });
  if (count > 1) {
    findings_.schema_error(
        fmt::format("There should only be one of the following fields: {}", listed(fields.names)),
        place, object);
  } else if (count == 0 && fields.must) {
    findings_.schema_error(
        fmt::format("This object should have only one of the following fields: {}",
                    listed(fields.names)),
        place, object, hint_of_unknown(object, schema, fields.names));
  }
}

void Checker::check_languages(const Value& object, const Place& place, const Schema& schema,
                              const Scope& scope) {
  const bool is_jsonata = scope.language == Language::kJsonata;
  for (const json::Member& member : object.as_object()) {
    const Field* const field = find_field(schema, member.key());
    if (field == nullptr || field->language == Language::kBoth || field->language == scope.language)
      continue;
    findings_.schema_error(
        fmt::format("The QueryLanguage is set to '{}', but field '{}' is only supported for the "
                    "'{}' QueryLanguage",
                    is_jsonata ? "JSONata" : "JSONPath", field->name,
                    is_jsonata ? "JSONPath" : "JSONata"),
        place, member.key_value());
  }
}

void Checker::check_field(const Field& field, const Value& value, const Place& place,
                          const Scope& scope) {
  // What the other language's fields hold is of no interest once they are refused.
  if (scope.checks_language && field.language != Language::kBoth &&
      field.language != scope.language)
    return;
  if (scope.language == Language::kJsonPath && value.is_string() && invites_path(field) &&
      (looks_like_path(value.as_string()) || looks_like_intrinsic(value.as_string()))) {
    findings_.warning("NO_PATH",
                      fmt::format("The value of '{}' looks like a path, but the name of the field "
                                  "does not end with 'Path'",
                                  field.name),
                      place, value);
  }
  if (!check_scalar(field, value, place, scope) &&
      !check_expression_field(field, value, place, scope))
    check_part(field, value, place, scope);
}

bool Checker::check_scalar(const Field& field, const Value& value, const Place& place,
                           const Scope& scope) {
  switch (field.form) {
    case Form::kAny:
      return true;
    case Form::kString:
      expect(value, place, {Kind::kString});
      return true;
    case Form::kText:
    case Form::kTimestamp:
      check_text(field, value, place, scope);
      return true;
    case Form::kBoolean:
      expect(value, place, {Kind::kBoolean});
      return true;
    case Form::kInteger:
    case Form::kNumber:
    case Form::kPlainInteger:
    case Form::kPlainNumber:
      check_number(field, value, place, scope);
      return true;
    case Form::kOneOf:
      check_one_of(field.values, value, place);
      return true;
    case Form::kComparedTime:
      if (expect(value, place, {Kind::kString})) check_timestamp(value, place);
      return true;
    case Form::kStrings:
      check_strings(value, place);
      return true;
    case Form::kQueryLanguage: {
      static constexpr std::array<std::string_view, 2> kLanguages{"JSONPath", "JSONata"};
      check_one_of(kLanguages, value, place);
      return true;
    }
    case Form::kLabel:
      check_label(value, place);
      return true;
    default:
      return false;
  }
}

bool Checker::check_expression_field(const Field& field, const Value& value, const Place& place,
                                     const Scope& scope) {
  switch (field.form) {
    case Form::kPath:
      check_path(value, place);
      return true;
    case Form::kResultPath:
    case Form::kReferencePath:
    case Form::kContextPath:
      check_reference_path(field.form, value, place);
      return true;
    case Form::kPathOrIntrinsic:
      check_path_or_intrinsic(value, place);
      return true;
    case Form::kTemplate: {
      Scope inside = scope;
      // All others are evaluated before there is a result.
      if (field.name != "Output") inside.states = {};
      check_template(value, place, inside);
      return true;
    }
    case Form::kStaticResult:
      warn_of_static_paths(value, place);
      return true;
    case Form::kAssign:
      check_assign(value, place, scope);
      return true;
    case Form::kCondition:
      check_condition(value, place);
      return true;
    case Form::kItems:
      check_items(value, place);
      return true;
    case Form::kResource:
      check_resource(value, place, scope);
      return true;
    case Form::kCredentials:
      check_credentials(value, place, scope);
      return true;
    default:
      return false;
  }
}

void Checker::check_part(const Field& field, const Value& value, const Place& place,
                         const Scope& scope) {
  switch (field.form) {
    case Form::kErrorNames:
      return check_error_names(value, place);
    case Form::kStates:
      return check_states(value, place, scope);
    case Form::kBranches:
      return check_branches(value, place, scope);
    case Form::kRetry:
      return check_handlers(value, place, kRetrierSchema, scope);
    case Form::kCatch:
      return check_handlers(value, place, kCatcherSchema, scope);
    case Form::kChoices:
      return check_rules(value, place, kRuleSchema, scope);
    case Form::kRules:
      return check_rules(value, place, kNestedRuleSchema, scope);
    case Form::kRule:
      return check_rule(value, place, kNestedRuleSchema, scope);
    case Form::kProcessor:
      return check_processor(value, place, scope);
    case Form::kProcessorConfig:
      return check_processor_config(value, place, scope);
    case Form::kItemReader:
      return check_item_reader(value, place, scope);
    case Form::kReaderConfig:
      return check_reader_config(value, place, scope);
    case Form::kItemBatcher:
      return check_item_batcher(value, place, scope);
    case Form::kResultWriter:
      return check_result_writer(value, place, scope);
    case Form::kWriterConfig:
      check_object(value, place, kWriterConfigSchema, scope);
      return;
    case Form::kReaderResource: {
      static constexpr std::array<std::string_view, 2> kActions{"s3:getObject", "s3:listObjectsV2"};
      return check_storage_resource(value, place, kActions);
    }
    case Form::kWriterResource: {
      static constexpr std::array<std::string_view, 1> kActions{"s3:putObject"};
      return check_storage_resource(value, place, kActions);
    }
    default:
      return;
  }
}

void Checker::check_number(const Field& field, const Value& value, const Place& place,
                           const Scope& scope) {
  const bool takes_expression = scope.language == Language::kJsonata &&
                                (field.form == Form::kInteger || field.form == Form::kNumber);
  if (takes_expression && value.is_string()) return check_expression(value, place);
  const bool decimal = is_decimal(field.form);
  const double number = value.is_number() ? value.as_number().to_double() : 0;
  if (!value.is_number() || (!decimal && std::floor(number) != number)) {
    findings_.schema_error(
        fmt::format("Expected value of type [{}]", decimal ? "NUMBER" : "INTEGER"), place, value);
  } else if (number < field.range.min) {
    findings_.schema_error(
        fmt::format("Minimum value is {:.{}f}", field.range.min, decimal ? 1 : 0), place, value);
  } else if (number > field.range.max) {
    findings_.schema_error(
        fmt::format("Maximum value is {:.{}f}", field.range.max, decimal ? 1 : 0), place, value);
  }
}

void Checker::check_text(const Field& field, const Value& value, const Place& place,
                         const Scope& scope) {
  if (!expect(value, place, {Kind::kString})) return;
  if (scope.language == Language::kJsonata && check_jsonata(value, place)) return;
  if (field.form == Form::kTimestamp) check_timestamp(value, place);
}

void Checker::check_one_of(Names values, const Value& value, const Place& place) {
  if (!expect(value, place, {Kind::kString})) return;
  if (std::ranges::find(values, value.as_string()) != values.end()) return;
  if (has_substitution(value.as_string())) return;
  findings_.schema_error(fmt::format("Value should be one of the following: {}", listed(values)),
                         place, value, hint_of(value.as_string(), values));
}

void Checker::check_timestamp(const Value& value, const Place& place) {
  if (is_timestamp(value.as_string()) || has_substitution(value.as_string())) return;
  findings_.schema_error("String does not match RFC3339 timestamp", place, value);
}

void Checker::check_strings(const Value& value, const Place& place) {
  if (!expect(value, place, {Kind::kArray})) return;
  std::size_t index = 0;
  for (const Value& item : value.as_array()) {
    if (findings_.is_done()) return;
    expect(item, place.item(index++), {Kind::kString});
  }
}

bool has_substitution(std::string_view text) {
  return text.contains("${");
}

}  // namespace weft::workflow::validation
