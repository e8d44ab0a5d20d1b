// Checks the objects of a definition against their tables (schema.h), and what no table says.
#pragma once

#include <initializer_list>
#include <string_view>

#include "json/value.h"
#include "workflow/validation/expressions.h"
#include "workflow/validation/findings.h"
#include "workflow/validation/schema.h"

namespace weft::workflow::validation {

// What is true of all that stands inside a state.
struct Scope {
  Language language = Language::kJsonPath;  // of the state; never kBoth
  Language machine_language = Language::kJsonPath;
  MachineType type = MachineType::kStandard;
  // A state that wants JSONPath in a machine of JSONata is wrong once, and not once for each field.
  bool checks_language = true;
  // In Output and Assign of what is checked.
  StatesMembers states = {};
};

// Recurses as deep as the definition is nested, which its parser limits. Confined to one thread.
class Checker {
 public:
  explicit Checker(Findings& findings) : findings_(findings) {}

  void check_machine(const json::Value& machine, const Place& place, MachineType type);
  // `around` is that of the machine or of the state around it.
  void check_state(const json::Value& state, const Place& place, const Scope& around);

 private:
  using Value = json::Value;

  // checker.cc: any object, and values without parts.
  bool expect(const Value& value, const Place& place, std::initializer_list<json::Kind> kinds);
  bool expect_nonempty(const Value& value, const Place& place, json::Kind kind);
  bool check_object(const Value& value, const Place& place, const Schema& schema,
                    const Scope& scope);
  void check_names(const Value& object, const Place& place, const Schema& schema,
                   const Scope& scope);
  void check_alternatives(const Value& object, const Place& place, const Schema& schema,
                          const Alternatives& fields);
  void check_languages(const Value& object, const Place& place, const Schema& schema,
                       const Scope& scope);
  void check_field(const Field& field, const Value& value, const Place& place, const Scope& scope);
  bool check_scalar(const Field& field, const Value& value, const Place& place, const Scope& scope);
  bool check_expression_field(const Field& field, const Value& value, const Place& place,
                              const Scope& scope);
  void check_part(const Field& field, const Value& value, const Place& place, const Scope& scope);
  void check_number(const Field& field, const Value& value, const Place& place, const Scope& scope);
  void check_text(const Field& field, const Value& value, const Place& place, const Scope& scope);
  void check_one_of(Names values, const Value& value, const Place& place);
  void check_timestamp(const Value& value, const Place& place);
  void check_strings(const Value& value, const Place& place);

  // states.cc: states and what they are made of.
  void check_states(const Value& states, const Place& place, const Scope& scope);
  void check_task(const Value& task, const Place& place);
  void check_branches(const Value& branches, const Place& place, const Scope& scope);
  void check_handlers(const Value& handlers, const Place& place, const Schema& schema,
                      const Scope& scope);
  void check_error_names(const Value& names, const Place& place);
  void check_order_of_handlers(const Value& handlers, const Place& place);
  void check_rules(const Value& rules, const Place& place, const Schema& schema,
                   const Scope& scope);
  void check_rule(const Value& rule, const Place& place, const Schema& schema, const Scope& scope);

  // map_parts.cc: what only Map states have.
  void check_processor(const Value& processor, const Place& place, const Scope& scope);
  void check_processor_config(const Value& config, const Place& place, const Scope& scope);
  void check_item_reader(const Value& reader, const Place& place, const Scope& scope);
  void check_reader_config(const Value& config, const Place& place, const Scope& scope);
  void check_item_batcher(const Value& batcher, const Place& place, const Scope& scope);
  void check_result_writer(const Value& writer, const Place& place, const Scope& scope);
  void check_storage_resource(const Value& resource, const Place& place, Names actions);
  void check_label(const Value& label, const Place& place);

  // resources.cc: what a Task calls, and as whom.
  void check_resource(const Value& resource, const Place& place, const Scope& scope);
  void check_integration(const Value& resource, const Place& place);
  void check_credentials(const Value& credentials, const Place& place, const Scope& scope);

  // templates.cc: paths, expressions and what has them inside.
  void check_path(const Value& path, const Place& place);
  void check_reference_path(Form form, const Value& path, const Place& place);
  void check_path_or_intrinsic(const Value& path, const Place& place);
  void check_template(const Value& value, const Place& place, const Scope& scope);
  void check_path_template(const Value& value, const Place& place);
  void check_path_member(const json::Member& member, const Value& object, const Place& place);
  void check_jsonata_template(const Value& value, const Place& place, const StatesMembers& states);
  // Whether the text is an expression; reports one that is none.
  bool check_jsonata(const Value& text, const Place& place, const StatesMembers& states = {});
  // The same where nothing but an expression is right.
  void check_expression(const Value& text, const Place& place);
  void check_assign(const Value& assign, const Place& place, const Scope& scope);
  void check_variable_name(std::string_view name, const json::Member& member, const Place& place);
  void check_condition(const Value& condition, const Place& place);
  void check_items(const Value& items, const Place& place);
  void warn_of_static_paths(const Value& result, const Place& place);

  Findings& findings_;  // Outlives this object.
};

// Whether CloudFormation or a similar tool still has to put something in: "${LambdaArn}".
bool has_substitution(std::string_view text);

// "arn:aws:states:us-east-1:111111111111:activity:name"
bool is_activity(std::string_view resource);

// Whether someone may have meant it as a path or as a call of an intrinsic function.
bool looks_like_path(std::string_view text);
bool looks_like_intrinsic(std::string_view text);

}  // namespace weft::workflow::validation
