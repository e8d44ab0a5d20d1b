// States and what they are made of.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "workflow/validation/checker.h"

namespace weft::workflow::validation {
namespace {

using json::Kind;
using json::Value;

// The language that a QueryLanguage stands for: AWS takes all but the exact name for JSONata, even
// where it then refuses the name.
Language language_of(const Value& object, Language otherwise) {
  const Value* const language = object.find("QueryLanguage");
  if (language == nullptr) return otherwise;
  return language->is_string() && language->as_string() == "JSONPath" ? Language::kJsonPath
                                                                      : Language::kJsonata;
}

}  // namespace

void Checker::check_machine(const Value& machine, const Place& place, MachineType type) {
  const Language language = language_of(machine, Language::kJsonPath);
  check_object(machine, place, kMachineSchema,
               {.language = language, .machine_language = language, .type = type});
}

void Checker::check_states(const Value& states, const Place& place, const Scope& scope) {
  if (!expect_nonempty(states, place, Kind::kObject)) return;
  for (const auto& [name, state] : states.as_object()) {
    if (findings_.is_done()) return;
    check_state(state, place.member(name), scope);
  }
}

void Checker::check_state(const Value& state, const Place& place, const Scope& around) {
  if (!expect(state, place, {Kind::kObject})) return;
  Scope scope = around;
  scope.language = language_of(state, around.machine_language);
  scope.checks_language = true;
  scope.states = {};
  if (around.machine_language == Language::kJsonata && scope.language == Language::kJsonPath) {
    findings_.schema_error(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", place,
        *state.find("QueryLanguage"));
    scope.checks_language = false;
  }
  const Value* const type = state.find("Type");
  if (type == nullptr) {
    findings_.schema_error("These fields are required: [Type]", place, state);
    return;
  }
  const Place type_place = place.member("Type");
  if (!expect(*type, type_place, {Kind::kString})) return;
  const Schema* const schema = schema_of_state(type->as_string());
  if (schema == nullptr) {
    findings_.schema_error(fmt::format("The field 'Type' should have one of these values: [{}]",
                                       fmt::join(kStateTypes, ", ")),
                           type_place, *type, hint_of(type->as_string(), kStateTypes));
    return;
  }
  const std::string_view name = type->as_string();
  scope.states.result = name == "Task" || name == "Map" || name == "Parallel";
  check_object(state, place, *schema, scope);
  if (name == "Task") check_task(state, place);
}

void Checker::check_task(const Value& task, const Place& place) {
  const Value* const timeout = task.find("TimeoutSeconds");
  const Value* const heartbeat = task.find("HeartbeatSeconds");
  if (timeout != nullptr && heartbeat != nullptr && timeout->is_number() &&
      heartbeat->is_number() &&
      heartbeat->as_number().to_double() >= timeout->as_number().to_double()) {
    findings_.schema_error("'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'", place,
                           *heartbeat);
  }
  const Value* const credentials = task.find("Credentials");
  const Value* const resource = task.find("Resource");
  if (credentials != nullptr && resource != nullptr && resource->is_string() &&
      is_activity(resource->as_string())) {
    findings_.schema_error("The field 'Credentials' is not supported for activities",
                           place.member("Credentials"), *credentials);
  }
}

void Checker::check_branches(const Value& branches, const Place& place, const Scope& scope) {
  if (!expect_nonempty(branches, place, Kind::kArray)) return;
  std::size_t index = 0;
  for (const Value& branch : branches.as_array()) {
    if (findings_.is_done()) return;
    check_object(branch, place.item(index++), kBranchSchema, scope);
  }
}

void Checker::check_handlers(const Value& handlers, const Place& place, const Schema& schema,
                             const Scope& scope) {
  if (!expect(handlers, place, {Kind::kArray})) return;
  Scope inside = scope;
  inside.states = {.error_output = true};
  std::size_t index = 0;
  for (const Value& handler : handlers.as_array()) {
    if (findings_.is_done()) return;
    check_object(handler, place.item(index++), schema, inside);
  }
  check_order_of_handlers(handlers, place);
}

void Checker::check_error_names(const Value& names, const Place& place) {
  if (expect_nonempty(names, place, Kind::kArray)) check_strings(names, place);
}

void Checker::check_order_of_handlers(const Value& handlers, const Place& place) {
  const auto is_all = [](const Value& name) {
    return name.is_string() && name.as_string() == "States.ALL";
  };
  std::size_t index = 0;
  for (const Value& handler : handlers.as_array()) {
    const bool is_last = index + 1 == handlers.size();
    const Place at = place.item(index++);
    const Value* const names = handler.find("ErrorEquals");
    if (names == nullptr || !names->is_array()) continue;
    if (std::ranges::any_of(names->as_array(), is_all) && (names->size() > 1 || !is_last)) {
      findings_.schema_error("States.ALL must appear alone and at end of list",
                             at.member("ErrorEquals"), *names);
    }
  }
}

void Checker::check_rules(const Value& rules, const Place& place, const Schema& schema,
                          const Scope& scope) {
  if (!expect_nonempty(rules, place, Kind::kArray)) return;
  std::size_t index = 0;
  for (const Value& rule : rules.as_array()) {
    if (findings_.is_done()) return;
    check_rule(rule, place.item(index++), schema, scope);
  }
}

void Checker::check_rule(const Value& rule, const Place& place, const Schema& schema,
                         const Scope& scope) {
  const auto has = [&rule](std::string_view name) { return rule.find(name) != nullptr; };
  if (rule.is_object() && std::ranges::count_if(kRuleParts, has) != 1) {
    findings_.schema_error(
        fmt::format("The object must have only one of the following fields, [{}]",
                    fmt::join(kRuleParts, ", ")),
        place, rule);
  }
  if (has("Variable"))
    check_alternatives(rule, place, schema, {.names = kComparisons, .must = true});
  check_object(rule, place, schema, scope);
}

}  // namespace weft::workflow::validation
