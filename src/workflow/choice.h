// Rules of Choice states.
#pragma once

#include <memory>

#include "base/result.h"
#include "json/value.h"
#include "workflow/expressions.h"
#include "workflow/state_error.h"

namespace weft::workflow {

// A compiled rule: a comparison, And, Or and Not of rules, or a Condition in JSONata. Immutable and
// cheap to copy; thread-safe.
class ChoiceRule {
 public:
  // kInvalidArgument for what is none. Next, Assign, Output and Comment are not looked at.
  static Result<ChoiceRule> parse(const json::Value& rule);

  // Errors: States.Runtime where a path leads nowhere that must lead somewhere;
  // States.QueryEvaluationError for Conditions. `field` is where the rule stands
  // ("Choices[0]").
  Outcome<bool> matches(const Scope& scope, const std::string& field) const;

  // Rules inside each other.
  static constexpr std::size_t kDepthMax = 100;

 private:
  struct Node;
  friend class ChoiceParser;
  explicit ChoiceRule(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
};

}  // namespace weft::workflow
