// How tests of this folder evaluate expressions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/jsonata/jsonata.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::json::jsonata {

// One moment, and numbers that follow from each other.
class FakeInputs final : public Inputs {
 public:
  double now_millis() override { return 1'767'225'600'000; }  // 2026-01-01T00:00:00Z
  double random() override {
    random_ = (random_ * 0.75) + 0.2;
    return random_;
  }
  bool has_expired() override {
    looks++;
    return expired;
  }

  bool expired = false;
  int looks = 0;

 private:
  double random_ = 0.5;
};

struct TestContext {
  std::string_view input = {};  // JSON; empty: no document
  std::span<const Binding> bindings = {};
  bool workflow_functions = false;
  Limits limits = {};
};

// The value as JSON, "undefined", or a failure's code and where it is: "T2001 at 3".
inline std::string evaluated(std::string_view expression, const TestContext& test = {}) {
  const auto said = [](const Failure& failure) {
    return failure.code + " at " + std::to_string(failure.position);
  };
  const auto compiled = Expression::compile(expression);
  if (!compiled.has_value()) return said(compiled.error());
  FakeInputs inputs;
  const Context context{.inputs = inputs,
                        .bindings = test.bindings,
                        .workflow_functions = test.workflow_functions,
                        .limits = test.limits};
  std::optional<Value> input;
  if (!test.input.empty()) input = parse(test.input, {.lone_surrogates = true}).value();
  const auto value = compiled->evaluate(input.has_value() ? &*input : nullptr, context);
  if (!value.has_value()) return said(value.error());
  return value->has_value() ? to_string(**value) : "undefined";
}

}  // namespace weft::json::jsonata
