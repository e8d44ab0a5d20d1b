#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "json/jsonata/jsonata.h"
#include "json/print.h"
#include "json/unicode.h"
#include "workflow/expressions.h"
#include "workflow/jsonata_names.h"
#include "workflow/template_tree.h"

namespace weft::workflow {
namespace {

namespace jsonata = json::jsonata;

constexpr std::string_view kOpen = "{%";
constexpr std::string_view kClose = "%}";
constexpr std::string_view kStates = "states";
constexpr std::string_view kError = "States.QueryEvaluationError";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

struct JsonataLeaf {
  std::string text;
  jsonata::Expression expression;
  std::vector<std::string> names;  // that it mentions
};
using Tree = TemplateTree<JsonataLeaf>;

Result<std::optional<Tree::Made>> make_leaf(std::string_view name, const json::Value& value) {
  if (!value.is_string() || !is_jsonata(value.as_string())) return std::nullopt;
  std::string_view text = value.as_string();
  text.remove_prefix(kOpen.size());
  text.remove_suffix(kClose.size());
  text = trimmed(text);
  auto expression = jsonata::Expression::compile(text);
  if (!expression.has_value()) {
    const jsonata::Failure& failure = expression.error();
    return fail(Error(ErrorCode::kInvalidArgument, failure.code + ": " + failure.message)
                    .with_position(json::position_of(text, failure.position)));
  }
  return Tree::Made{.name = std::string(name),
                    .leaf = {.text = std::string(text),
                             .expression = *std::move(expression),
                             .names = names_mentioned(text)}};
}

// "The JSONata expression '1' specified for the field 'Items'" and what there is to say of it.
StateError error_of(std::string_view text, std::string_view place, std::string_view what) {
  return {.error = std::string(kError),
          .cause = "The JSONata expression '" + std::string(text) + "' specified for the field '" +
                   std::string(place) + "' " + std::string(what),
          .location = std::string(place)};
}

// What AWS says of an evaluation that takes too much, where it has no code.
struct Excess {
  std::string_view code;
  std::string_view says;
};
constexpr std::array kExcesses = {
    Excess{"D1012", "Expression evaluation timeout: Check for infinite loop"},
    Excess{"D2015",
           "Expression evaluation memory limit exceeded: Check for excessive memory usage"},
    Excess{"U1001",
           "Stack overflow error: Check for non-terminating recursive function. Consider rewriting "
           "as tail-recursive."},
};

std::string describe(const jsonata::Failure& failure) {
  if (failure.code == jsonata::kFunctionCode) return "returned an unsupported result type.";
  const std::string thrown = "threw an error during evaluation";
  for (const Excess& excess : kExcesses) {
    if (failure.code == excess.code) return thrown + ": " + std::string(excess.says);
  }
  if (failure.code.empty()) return thrown + ": " + failure.message;
  return thrown + ". " + failure.code + ": " + failure.message;
}

json::Value states_of(const Scope& scope) {
  json::Object states;
  states.set("input", scope.input);
  states.set("context", scope.context);
  if (scope.result != nullptr) states.set("result", *scope.result);
  if (scope.error_output != nullptr) states.set("errorOutput", *scope.error_output);
  return json::Value(std::move(states));
}

Outcome<json::Value> evaluate_leaf(const JsonataLeaf& leaf, const Scope& scope,
                                   std::string_view place) {
  std::vector<jsonata::Binding> bindings;
  for (const std::string& name : leaf.names) {
    if (name == kStates) {
      bindings.push_back({.name = name, .value = states_of(scope)});
    } else if (const json::Value* const value = scope.variables.find(name)) {
      bindings.push_back({.name = name, .value = *value});
    }
  }
  auto evaluated = leaf.expression.evaluate(
      nullptr, {.inputs = scope.inputs, .bindings = bindings, .workflow_functions = true});
  if (!evaluated.has_value())
    return std::unexpected(error_of(leaf.text, place, describe(evaluated.error())));
  std::optional<json::Value>& value = *evaluated;
  if (value.has_value()) return *std::move(value);
  return std::unexpected(error_of(leaf.text, place, "returned nothing (undefined)."));
}

}  // namespace

bool is_jsonata(std::string_view text) {
  return text.size() >= kOpen.size() + kClose.size() && text.starts_with(kOpen) &&
         text.ends_with(kClose);
}

struct JsonataTemplate::Compiled {
  Tree tree;
};

Result<JsonataTemplate> JsonataTemplate::parse(const json::Value& value) {
  JsonataTemplate made;
  made.compiled_ = std::make_shared<const Compiled>(TRY(Tree::compile(value, make_leaf)));
  return made;
}

Outcome<json::Value> JsonataTemplate::evaluate(const Scope& scope, std::string_view field) const {
  return compiled_->tree.evaluate(field, [&](const JsonataLeaf& leaf, std::string_view place) {
    return evaluate_leaf(leaf, scope, place);
  });
}

std::string_view JsonataTemplate::expression() const {
  const JsonataLeaf* const leaf = compiled_->tree.leaf();
  return leaf == nullptr ? std::string_view() : leaf->text;
}

std::vector<std::string> JsonataTemplate::variables() const {
  std::set<std::string> names;
  compiled_->tree.each_leaf([&](const JsonataLeaf& leaf) {
    for (std::string& name : names_read(leaf.text))
      names.insert(std::move(name));
  });
  return {names.begin(), names.end()};
}

StateError unexpected_type(const JsonataTemplate& expression, std::string_view field,
                           const json::Value& value, std::string_view expected) {
  return error_of(expression.expression(), field,
                  "returned an unexpected result type. Expected '" + std::string(expected) +
                      "', but was '" + std::string(json::name(value.kind())) +
                      "' for value: " + json::to_string(value));
}

}  // namespace weft::workflow
