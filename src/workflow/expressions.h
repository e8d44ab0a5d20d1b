// The expressions in a state's fields: paths and intrinsic functions of JSONPath states, templates
// of both query languages. Compiled once with the definition, evaluated in any number of
// executions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "workflow/scope.h"
#include "workflow/state_error.h"

namespace weft::workflow {

// Of a JSONPath state: "$.a" of the input, "$$.b" of the context object, "$name.c" of a variable,
// or a call of an intrinsic function, "States.Format('{}', $.a)". Immutable, cheap to copy,
// thread-safe.
class PathExpression {
 public:
  enum class Allow : std::uint8_t { kPath, kPathOrIntrinsic };

  // kInvalidArgument with what is wrong. What AWS takes and RFC 9535 does not, and the other way
  // round: docs/reference/jsonpath.md.
  static Result<PathExpression> parse(std::string_view text, Allow allow);

  const std::string& text() const;
  bool is_intrinsic() const;

  // The value. A definite path that leads nowhere is an error, an indefinite one gives an array.
  // Errors: States.Runtime, States.ParameterPathFailure, States.IntrinsicFailure… with AWS's
  // detail, such as "The JSONPath '$.x' specified for the field 'CausePath' could not be found in
  // the input '{}'": `field` is the name of the field that has the expression.
  Outcome<json::Value> evaluate(const Scope& scope, std::string_view field) const;
  // The same for a field where nothing found is nothing (IsPresent). Errors as evaluate().
  Outcome<std::optional<json::Value>> find(const Scope& scope, std::string_view field) const;

  // Names of the variables that it reads, for variableReferences.
  std::vector<std::string> variables() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// Any JSON in whose objects members "x.$" have path expressions (Parameters, ResultSelector,
// ItemSelector, Assign of JSONPath states). Immutable, cheap to copy, thread-safe.
class PathTemplate {
 public:
  // kInvalidArgument with what is wrong, and the JSON pointer of it inside `value` in the message.
  static Result<PathTemplate> parse(const json::Value& value);
  Outcome<json::Value> evaluate(const Scope& scope, std::string_view field) const;
  std::vector<std::string> variables() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// Whether a text is "{% … %}", which JSONata states evaluate.
bool is_jsonata(std::string_view text);

// Any JSON in which strings "{% … %}" are JSONata (Arguments, Output, Assign, Items, Condition and
// all others of JSONata states). Immutable, cheap to copy, thread-safe.
class JsonataTemplate {
 public:
  // kInvalidArgument, as PathTemplate::parse.
  static Result<JsonataTemplate> parse(const json::Value& value);
  // Errors: States.QueryEvaluationError with its location, `field` and the members below it
  // ("Output/result"). What is undefined is an error.
  Outcome<json::Value> evaluate(const Scope& scope, std::string_view field) const;
  // The text between "{%" and "%}", trimmed; empty where it is not one expression alone.
  std::string_view expression() const;
  std::vector<std::string> variables() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

// What to say of a value that a field cannot take: "The JSONata expression '1' specified for the
// field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value:
// 1".
StateError unexpected_type(const JsonataTemplate& expression, std::string_view field,
                           const json::Value& value, std::string_view expected);

}  // namespace weft::workflow
